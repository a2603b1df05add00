import type { IncomingMessage } from 'node:http';
import type { LatchkeyError } from '../domain/errors.js';
import type { RawHeaders } from '../gateway/headers.js';
import { DocumentError } from '../graphql/document-error.js';
import { toLatchkeyError } from '../graphql/format-error.js';
import { anyJson, negotiate } from '../graphql/media-type.js';
import type { GraphqlEndpoint } from './call.js';
import { corsHeaders } from './cors.js';
import { bearerChallenge } from './credentials.js';
import type { Exchange } from './exchange.js';
import { note, sendDocumentError, sendError } from './send.js';

/** Answers with whatever was thrown, or cuts the connection where an answer has begun. */
export function fail(
  exchange: Exchange,
  { publicUrl, corsOrigins }: GraphqlEndpoint,
  thrown: unknown,
  headers: RawHeaders,
): void {
  const { request, response } = exchange;
  if (response.headersSent || response.destroyed) {
    // A caller who went away is no failure; anything else here is.
    if (!response.destroyed) note(exchange, toLatchkeyError(thrown).code, thrown);
    response.destroy();
    return;
  }
  const as = negotiate(request.headers.accept) ?? anyJson;
  const { origin } = request.headers;
  // A page that may call us may read what went wrong, too.
  const all =
    origin !== undefined && corsOrigins.includes(origin)
      ? headers.concat(corsHeaders(request, publicUrl, corsOrigins))
      : headers;
  if (thrown instanceof DocumentError) sendDocumentError(exchange, thrown, as, all);
  else {
    const error = toLatchkeyError(thrown);
    // The body was not read to its end: nothing after it on this connection could be told from it.
    if (error.code === 'BODY_TOO_LARGE') response.shouldKeepAlive = false;
    sendError(exchange, error, as, all.concat(headersOf(error, request)));
  }
}

function headersOf(error: LatchkeyError, request: IncomingMessage): RawHeaders {
  if (error.code === 'METHOD_NOT_ALLOWED') return ['allow', request.method === 'GET' ? 'POST' : 'GET, POST'];
  if (error.code === 'INSUFFICIENT_SCOPE') return ['www-authenticate', bearerChallenge(error, true)];
  if (error.status !== 401 && error.code !== 'AMBIGUOUS_CREDENTIALS') return [];
  // Another scheme than Bearer counts as no credentials (RFC 6750 §3.1).
  const hasToken = /(?:^|\n)authori[sz]ation\nbearer\b/i.test(request.rawHeaders.join('\n'));
  return ['www-authenticate', bearerChallenge(error, hasToken)];
}
