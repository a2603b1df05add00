import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { LatchkeyError } from '../domain/errors.js';
import { type AnswerWriter, createAnswerWriter } from './forward-answer.js';
import type { RawHeaders } from './headers.js';
import { isConnectionFailure, toUpstreamError, type Upstream } from './upstream.js';

export interface ForwardedRequest {
  readonly body: Buffer | string | Readable;
  readonly headers: RawHeaders;
  /** A query whose body is at hand: sent once more if the connection fails before anything is answered. */
  readonly mayRepeat: boolean;
  /** The answer is for this caller: not what anybody would get. */
  readonly isPersonal: boolean;
}

/** Answers that only say that another will come (RFC 9110 §15.2); each of them begins the time anew. */
const maxInformational = 16;

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
    const request = { method: 'POST', path, headers, body } as const;
    let abort: ((reason: Error) => void) | undefined;
    let writer: AnswerWriter | undefined;
    let informational = 0;
    let isRepeated = !mayRepeat;
    let isOver = false;
    let waiting: NodeJS.Timeout | undefined;

    const onGone = () => {
      if (!response.writableFinished) abort?.(new CallerGone());
    };
    /** Once: what undici says afterwards of a request that was given up is nobody's any more. */
    const end = (): boolean => {
      if (isOver) return false;
      isOver = true;
      response.off('close', onGone);
      clearTimeout(waiting);
      return true;
    };
    const fail = (error: Error) => {
      if (!end()) return;
      if (error instanceof CallerGone) return resolve();
      if (!writer && !(error instanceof LatchkeyError)) breaker.failed();
      reject(toUpstreamError(error));
    };

    // The handlers of undici's core, by their older names: with the newer ones it wraps each request in two objects
    // and makes an object of the header fields, which would be taken apart again.
    const handler: Dispatcher.DispatchHandler = {
      onConnect(abortRequest) {
        abort = abortRequest as (reason: Error) => void;
        clearTimeout(waiting);
        if (response.destroyed || isOver) abort(new CallerGone());
      },
      onHeaders(status, raw, resume) {
        if (status < 200) {
          if (++informational > maxInformational) throw invalid('more than 16 informational answers');
          return true;
        }
        breaker.succeeded();
        writer = createAnswerWriter(response, status, raw, ownHeaders, resume, hidden, isPersonal);
        return true;
      },
      onData: (chunk) => (writer as AnswerWriter).write(chunk),
      onComplete() {
        (writer as AnswerWriter).end();
        if (end()) resolve();
      },
      onError(error) {
        if (isRepeated || writer || informational > 0 || response.destroyed || isOver || !isConnectionFailure(error)) {
          return fail(error);
        }
        isRepeated = true;
        send();
      },
    };

    const send = () => {
      // Every connection is at work: the time that a request stands in the queue counts like the upstream's own.
      if (!pool.dispatch(request, handler) && !abort) {
        waiting = setTimeout(fail, upstream.timeout, new QueueTimeout('all connections to the upstream are at work'));
      }
    };
    response.on('close', onGone);
    send();
  });
}

/** Tells undici to give an answer up, and the caller why. */
function invalid(reason: string): LatchkeyError {
  return new LatchkeyError('UPSTREAM_INVALID', { cause: new Error(`the upstream answered with ${reason}`) });
}

class CallerGone extends Error {
  override readonly name = 'CallerGone';
}

class QueueTimeout extends Error {
  override readonly name = 'QueueTimeout';
  readonly code = 'ERR_UPSTREAM_TIMEOUT';
}
