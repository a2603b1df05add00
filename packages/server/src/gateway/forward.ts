import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { LatchkeyError } from '../domain/errors.js';
import { type AnswerWriter, createAnswerWriter } from './forward-answer.js';
import type { RawHeaders } from './headers.js';
import { toUpstreamError, type Upstream } from './upstream.js';

export interface ForwardedRequest {
  readonly body: Buffer | string | Readable;
  readonly headers: RawHeaders;
  /** A query whose body is at hand: sent once more if the connection fails before anything is answered. */
  readonly mayRepeat: boolean;
  /** The answer is for this caller: not what anybody would get. */
  readonly isPersonal: boolean;
}

/**
 * Sends the bytes to the upstream and streams what it answers into `response`, as it comes, no faster than the caller
 * reads. Resolves when all is written, or when the caller has gone. Rejects with
 * UPSTREAM_UNAVAILABLE, UPSTREAM_TIMEOUT or UPSTREAM_INVALID. If part of an answer was written by then, the caller's
 * connection has to be cut, so that half of it is not taken for the whole.
 */
export function forward(
  upstream: Upstream,
  { body, headers, mayRepeat, isPersonal }: ForwardedRequest,
  response: ServerResponse,
  ownHeaders: RawHeaders,
): Promise<void> {
  const { pool, path, breaker, hidden } = upstream;
  return new Promise((resolve, reject) => {
    breaker.assertClosed();
    // Gone while the token was looked at.
    if (response.destroyed) return resolve();
    let writer: AnswerWriter | undefined;
    const onGone = () => {
      pool.abort(flight);
      resolve();
    };
    const flight = pool.dispatch(
      { path, headers, body, mayRepeat },
      {
        onHead(status, fields) {
          breaker.succeeded();
          const resume = () => pool.resume(flight);
          writer = createAnswerWriter(response, status, fields, ownHeaders, resume, hidden, isPersonal);
        },
        onData: (bytes) => (writer as AnswerWriter).write(bytes),
        onEnd() {
          response.off('close', onGone);
          (writer as AnswerWriter).end();
          resolve();
        },
        onRead: () => (writer ? writer.settle() : 'used'),
        onError(error) {
          response.off('close', onGone);
          if (!writer && !(error instanceof LatchkeyError)) breaker.failed();
          reject(toUpstreamError(error));
        },
      },
    );
    response.on('close', onGone);
  });
}
