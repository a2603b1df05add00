import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { answerHeaders, type RawHeaders } from './headers.js';
import { toUpstreamError, type Upstream } from './upstream.js';

export interface ForwardedRequest {
  readonly body: Buffer | string;
  readonly headers: RawHeaders;
}

/**
 * Sends the bytes to the upstream and streams what it answers into `response`, as it comes, no faster than
 * the caller reads. Resolves with the status when all is written or the caller has gone; rejects with
 * UPSTREAM_UNAVAILABLE or UPSTREAM_TIMEOUT if nothing of an answer was written yet. An answer that breaks
 * off cuts the caller's connection, so that half of it cannot be taken for the whole.
 */
export function forward(
  { pool, path, hidden }: Upstream,
  { body, headers }: ForwardedRequest,
  response: ServerResponse,
  ownHeaders: RawHeaders,
): Promise<number> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    // Bytes that are still to come, where the upstream has said how many.
    let expected = Number.NaN;

    const onGone = () => {
      if (!response.writableFinished) controller?.abort(new CallerGone());
    };
    const onDrain = () => controller?.resume();
    response.on('close', onGone);

    const request = { method: 'POST', path, headers, body } as const;
    pool.dispatch(request, {
      onRequestStart(started) {
        controller = started;
        if (response.destroyed) started.abort(new CallerGone());
      },
      onResponseStart(_controller, statusCode, answered) {
        // Informational answers (1xx) come before the one that counts.
        if (statusCode < 200) return;
        status = statusCode;
        expected = Number(answered['content-length'] ?? Number.NaN);
        response.writeHead(statusCode, answerHeaders(answered, hidden).concat(ownHeaders));
      },
      onResponseData(started, chunk) {
        expected -= chunk.length;
        // The last piece ends the answer with the same system call that carries it.
        if (expected === 0) response.end(chunk);
        else if (!response.write(chunk)) {
          started.pause();
          response.once('drain', onDrain);
        }
      },
      onResponseEnd() {
        response.off('close', onGone);
        if (!response.writableEnded) response.end();
        resolve(status);
      },
      onResponseError(_controller, error) {
        response.off('close', onGone);
        if (error instanceof CallerGone) resolve(499);
        else if (response.headersSent) {
          response.destroy();
          resolve(status);
        } else reject(toUpstreamError(error));
      },
    });
  });
}

class CallerGone extends Error {
  override readonly name = 'CallerGone';
}
