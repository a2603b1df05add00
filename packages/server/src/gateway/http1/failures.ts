/** What came over the connection is not HTTP as RFC 9112 has it, or more of it than is taken. */
export class InvalidAnswer extends Error {
  override readonly name = 'InvalidAnswer';
  readonly code = 'ERR_HTTP_INVALID_ANSWER';
}

/** Nothing has come for as long as was agreed. */
export class TimedOut extends Error {
  override readonly name = 'TimedOut';
  readonly code = 'ERR_UPSTREAM_TIMEOUT';
}

/** The other side has closed the connection before its answer was whole. */
export class ConnectionClosed extends Error {
  override readonly name = 'ConnectionClosed';
  readonly code = 'ERR_UPSTREAM_CLOSED';
}

const connectionFailures = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ERR_UPSTREAM_CLOSED']);

/**
 * Whether the connection failed, so that a query may be tried on another one: a kept one may have been closed by the
 * upstream in the moment it was used. Never after a timeout: the upstream is at work, or can do no more of it.
 */
export function isConnectionFailure(error: Error): boolean {
  return 'code' in error && connectionFailures.has(String(error.code));
}
