import { CloseCode } from 'graphql-ws';
import type { LatchkeyError } from '../../domain/errors.js';

/** Milliseconds that a caller may take to answer to the closing of its socket, or to read the end of its stream. */
export const goodbye = 1_000;

/** Close codes beside those of the protocol (RFC 6455 §7.4.1). */
export const goingAway = 1001;
const tryAgainLater = 1013;

/** The code that a WebSocket is closed with for an error that ends the connection as a whole. */
export function closeCodeOf({ status }: LatchkeyError): number {
  if (status === 401) return CloseCode.Unauthorized;
  if (status === 429) return CloseCode.TooManyInitialisationRequests;
  if (status === 503) return tryAgainLater;
  return status >= 500 ? CloseCode.InternalServerError : CloseCode.BadRequest;
}
