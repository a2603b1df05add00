import { LatchkeyError } from '../domain/errors.js';
import type { Claims } from '../domain/tokens/access-tokens.js';
import type { Question } from '../gateway/ask.js';
import { type RawHeaders, requestHeaders } from '../gateway/headers.js';
import type { UpstreamIdentity } from '../gateway/identity/identity.js';
import type { UpstreamPart, UpstreamPlan } from '../gateway/plan.js';
import type { Upstream } from '../gateway/upstream.js';
import { type Params, toBody, withWrittenNumbers } from '../graphql/params.js';
import { stringifyExact } from '../lib/exact-json.js';
import type { Operation } from './call.js';

/** What the upstream is asked for its part. Only with the variables that it uses: what belongs to ours never leaves. */
export function questionOf({ query, variables }: UpstreamPart, params: Params): Question {
  const { variables: given } = withWrittenNumbers(params);
  const used = variables.filter((name) => given && Object.hasOwn(given, name));
  const { operationName } = params;
  return stringifyExact({
    query,
    operationName,
    variables: Object.fromEntries(used.map((name) => [name, given?.[name]])),
  });
}

/** An editor keeps what was typed for the sign-in: a variable that the operation does not declare stays here. */
export function withoutLeftOvers({ variables: declared }: UpstreamPlan, params: Params): Params {
  const { variables } = params;
  for (const name in variables) {
    if (declared.includes(name)) continue;
    const kept = Object.entries(variables).filter(([one]) => declared.includes(one));
    return { ...params, variables: Object.fromEntries(kept) };
  }
  return params;
}

/** An operation of the upstream alone, where the caller's bytes cannot go on. */
export function operationOf(params: Params, { upstream }: UpstreamPlan): Question {
  return upstream ? questionOf(upstream, params) : toBody(params);
}

/** Where an operation goes that is not ours. Throws UPSTREAM_UNAVAILABLE if nobody knew the upstream's schema when it came. */
export function upstreamOf({ endpoint, isDoorOpen }: Operation): Upstream {
  // Nothing is planned for an upstream where there is none.
  if (!endpoint.upstream) throw new LatchkeyError('UPSTREAM_UNAVAILABLE');
  if (!isDoorOpen) throw endpoint.door.refusal();
  return endpoint.upstream;
}

/** Whether the answer to a caller may differ from that to others, in whatever way the upstream has learned who asks. */
export function isPersonal({ claims, prepared }: Operation): boolean {
  return claims !== undefined || prepared.guard !== undefined;
}

/** What says how the caller's own body was written and how it wants to be answered. */
export const aboutBody: ReadonlySet<string> = new Set([
  'content-type',
  'content-encoding',
  'accept',
  'accept-encoding',
]);

export const ofBody: ReadonlySet<string> = new Set(['content-type']);

/** Who asks the upstream for something, and in which words. */
export interface Asker {
  /** The fields of the request in which they came: names and values in turn. */
  readonly rawHeaders: readonly string[];
  /** The id of the request, and the address that it came from. */
  readonly id: string;
  readonly source: string;
  /** A good access token, and what it says; both undefined where none was needed or sent. */
  readonly token: string | undefined;
  readonly claims: Claims | undefined;
}

export function askerOf({ exchange, endpoint, token, claims }: Operation): Asker {
  const { request, id } = exchange;
  return { rawHeaders: request.rawHeaders, id, source: endpoint.sourceOf(request), token, claims };
}

/**
 * The header fields of a request to the upstream, less those of the caller named in `without`: at once, unless
 * something of who is asking has to be made or looked up first. Rejects with TOKEN_REVOKED or StoreUnavailableError.
 */
export function upstreamHeaders(
  identity: UpstreamIdentity,
  asker: Asker,
  without?: ReadonlySet<string>,
): RawHeaders | Promise<RawHeaders> {
  const fields = identity.fieldsFor(asker.token, asker.claims);
  if (!(fields instanceof Promise)) return assemble(identity, asker, without, fields);
  return fields.then((ready) => assemble(identity, asker, without, ready));
}

function assemble(
  { dropped, secret }: UpstreamIdentity,
  { rawHeaders, id, source }: Asker,
  without: ReadonlySet<string> | undefined,
  fields: readonly string[],
): RawHeaders {
  const headers = requestHeaders(rawHeaders, without, dropped);
  for (const each of fields) headers.push(each);
  for (const each of secret) headers.push(each);
  headers.push('x-request-id', id, 'x-forwarded-for', source);
  return headers;
}
