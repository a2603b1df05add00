import { LatchkeyError } from '../domain/errors.js';
import type { Question } from '../gateway/ask.js';
import { type RawHeaders, requestHeaders } from '../gateway/headers.js';
import type { UpstreamPart } from '../gateway/plan.js';
import type { Upstream } from '../gateway/upstream.js';
import type { Params } from '../graphql/params.js';
import type { Call } from './call.js';

/** Only the variables that the upstream's part uses: what belongs to ours never leaves. */
export function questionOf({ query, variables }: UpstreamPart, { variables: given, operationName }: Params): Question {
  const used = variables.filter((name) => given && Object.hasOwn(given, name));
  return { query, operationName, variables: Object.fromEntries(used.map((name) => [name, given?.[name]])) };
}

/** Where an operation goes that is not ours. */
export function upstreamOf({ endpoint }: Call): Upstream {
  // Nothing is planned for an upstream where there is none.
  if (!endpoint.upstream) throw new LatchkeyError('UPSTREAM_UNAVAILABLE');
  return endpoint.upstream;
}

/** What says how the caller's own body was written and how it wants to be answered. */
export const aboutBody: ReadonlySet<string> = new Set([
  'content-type',
  'content-encoding',
  'accept',
  'accept-encoding',
]);

export const ofBody: ReadonlySet<string> = new Set(['content-type']);

/** The header fields of a request to the upstream, less those of the caller named in `without`. */
export function upstreamHeaders({ exchange, endpoint, token }: Call, without?: ReadonlySet<string>): RawHeaders {
  const { request, id } = exchange;
  const headers = requestHeaders(request.rawHeaders, without);
  if (token !== undefined) headers.push('authorization', `Bearer ${token}`);
  headers.push('x-request-id', id, 'x-forwarded-for', endpoint.sourceOf(request));
  return headers;
}
