import type { ServerResponse } from 'node:http';
import type { ErrorCode, LatchkeyError } from '../domain/errors.js';
import type { RawHeaders } from '../gateway/headers.js';
import type { Answer } from '../gateway/merge.js';
import type { DocumentError } from '../graphql/document-error.js';
import { formatDocumentError, formatError } from '../graphql/format-error.js';
import type { Negotiated } from '../graphql/media-type.js';
import { endAtOnce } from '../lib/end-at-once.js';
import { stringifyExact } from '../lib/exact-json.js';
import { discard } from './body.js';
import type { Attempt, Exchange } from './exchange.js';

/** Writes a JSON text as the answer. Never stored by anybody on the way: it may carry a token (RFC 6750 §5.3). */
export function sendJson(
  { response }: Exchange,
  status: number,
  mediaType: string,
  json: string,
  headers: RawHeaders,
): void {
  // A string, not a Buffer: node:http then writes header and body in one piece (measured: a fifth of a small answer).
  response.writeHead(status, [
    'content-type',
    `${mediaType}; charset=utf-8`,
    'content-length',
    String(Buffer.byteLength(json)),
    'cache-control',
    'no-store',
    ...headers,
  ]);
  if (response.shouldKeepAlive || response.req.complete) endAtOnce(response, json, 'utf8');
  else endAfterRequest(response, json);
}

/** Milliseconds that a caller may go on sending what nobody reads, before the connection is closed. */
const patience = 5_000;

/**
 * The connection ends with this answer, and its caller is still sending. Closed at once, it would tell the caller that the
 * connection has failed, and the answer be lost (RFC 9112 §9.6). So what comes is thrown away first, for a while.
 */
function endAfterRequest(response: ServerResponse, json: string): void {
  const { req: request } = response;
  const end = () => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, patience).unref();
  request.once('end', end).once('close', end);
  discard(request);
  response.write(json);
}

/** Answers with one error of the catalogue and no data. */
export function sendError(exchange: Exchange, error: LatchkeyError, as: Negotiated, headers: RawHeaders): void {
  note(exchange, error.code, error.cause);
  sendAnswer(
    exchange,
    statusOf(error, as),
    { errors: [formatError(error, exchange.id)] },
    as,
    withRetryAfter(headers, error),
  );
}

function statusOf({ code, status }: LatchkeyError, { mediaType }: Negotiated): number {
  if (status !== 200) return status;
  // Clients from before application/graphql-response+json take another status for a failure of the network.
  return code === 'PERSISTED_QUERY_NOT_FOUND' && mediaType === 'application/json' ? 200 : 400;
}

/** Answers with what is wrong in the document: 400, or 200 for clients of the time before there was a choice. */
export function sendDocumentError(exchange: Exchange, error: DocumentError, as: Negotiated, headers: RawHeaders): void {
  note(exchange, error.code, undefined);
  const errors = error.errors.map((one) => formatDocumentError(one, error.code));
  sendAnswer(exchange, as.isLegacy ? 200 : 400, { errors }, as, headers);
}

export function sendAnswer(
  exchange: Exchange,
  status: number,
  answer: Answer,
  { mediaType }: Negotiated,
  headers: RawHeaders,
): void {
  // Numbers of the upstream's are written as they were, however long.
  sendJson(exchange, status, mediaType, stringifyExact(answer), headers);
}

export function withRetryAfter(headers: RawHeaders, { retryAfter }: LatchkeyError): RawHeaders {
  return retryAfter === undefined ? headers : [...headers, 'retry-after', String(retryAfter)];
}

/** Leaves for the log and the metrics how the exchange ended. */
export function note(exchange: Attempt, code: ErrorCode, cause: unknown): void {
  exchange.code = code;
  exchange.cause = cause;
}
