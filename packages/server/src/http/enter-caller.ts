import type { Caller } from '../domain/callers/callers.js';
import type { Claims } from '../domain/tokens/access-tokens.js';
import type { Prepared } from '../graphql/prepare.js';
import { networkOf } from '../lib/network.js';
import type { GraphqlEndpoint } from './call.js';
import type { Attempt } from './exchange.js';

/**
 * Lets a request in that counts for the user with a good token, else for the network that it came from: also where it
 * tries a credential, so that a token of one's own gives no more tries. Throws RATE_LIMITED or TOO_MANY_AT_ONCE.
 */
export function enterCaller(
  { request, startedAt }: Attempt,
  { callers, sourceOf }: GraphqlEndpoint,
  { hasCredential }: Prepared,
  claims: Claims | undefined,
): Caller {
  // The id of a user is a UUID: no address looks like one.
  const key = claims && !hasCredential ? claims.userId : networkOf(sourceOf(request));
  return callers.enter(key, startedAt);
}
