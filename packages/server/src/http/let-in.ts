import type { Caller } from '../domain/callers/callers.js';
import { type ErrorCode, LatchkeyError } from '../domain/errors.js';
import type { Claims } from '../domain/tokens/access-tokens.js';
import type { Filter } from '../gateway/policy/filter.js';
import type { Params } from '../graphql/params.js';
import type { Prepared } from '../graphql/prepare.js';
import { networkOf } from '../lib/network.js';
import type { GraphqlEndpoint } from './call.js';
import type { Attempt } from './exchange.js';

/**
 * What every operation passes once it is known who asks, whatever has carried it here: the limits of its caller, its
 * cost, the policy. Returns what of the upstream's part the caller may not have. Throws RATE_LIMITED, TOO_MANY_AT_ONCE,
 * DOCUMENT_TOO_COSTLY, and what a Guard throws. The caller is to be left when it is over, however it ends.
 */
export function letIn(
  exchange: Attempt,
  endpoint: GraphqlEndpoint,
  params: Params,
  prepared: Prepared,
  claims: Claims | undefined,
): Filter | undefined {
  exchange.caller = enterCaller(exchange, endpoint, prepared, claims);
  prepared.assertAffordable?.(params.variables);
  const filter = prepared.guard === undefined ? undefined : prepared.guard.check(claims?.scope);
  // Not before: what nobody here may run takes no room from what they do.
  if (params.hash !== undefined && !prepared.isSecret) endpoint.documents.remember(params);
  return filter;
}

/**
 * Charges the network for what was refused before anybody was let in: a document that cannot be read, a token that is not
 * good. Returns what to answer with: the reason, or RATE_LIMITED or TOO_MANY_AT_ONCE in its place.
 */
export function chargeRefusal(exchange: Attempt, { callers, sourceOf }: GraphqlEndpoint, reason: unknown): unknown {
  // A subscription that was let in has left its caller already.
  if (exchange.caller || exchange.kind !== 'refused') return reason;
  if (isCode(reason, 'RATE_LIMITED') || isCode(reason, 'TOO_MANY_AT_ONCE')) return reason;
  try {
    exchange.caller = callers.enter(networkOf(sourceOf(exchange.request)), exchange.startedAt);
    return reason;
  } catch (limit) {
    // Its answer also ends the connection, on which the rest of the body is still to come.
    return isCode(reason, 'BODY_TOO_LARGE') ? reason : limit;
  }
}

function isCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof LatchkeyError && error.code === code;
}

/**
 * The request counts for the user with a good token, else for the network that it came from: also where it tries a
 * credential, so that a token of one's own gives no more tries.
 */
function enterCaller(
  { request, startedAt }: Attempt,
  { callers, sourceOf }: GraphqlEndpoint,
  { hasCredential }: Prepared,
  claims: Claims | undefined,
): Caller {
  // The id of a user is a UUID: no address looks like one.
  const key = claims && !hasCredential ? claims.userId : networkOf(sourceOf(request));
  return callers.enter(key, startedAt);
}
