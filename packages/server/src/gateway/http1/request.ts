import { Readable } from 'node:stream';
import type { RawHeaders } from '../headers.js';
import type { Pool } from './pool.js';
import type { UpstreamRequest } from './types.js';

export interface UpstreamAnswer {
  readonly status: number;
  /** The value of a header field, its name in lower case; the first where it stands there more than once. */
  field(name: string): string | undefined;
  /** Leaving it before its end cuts the connection. */
  readonly body: AsyncIterable<Buffer>;
}

/**
 * Sends a request and resolves when its answer begins. Rejects with what has failed, or with the reason of `signal`, which
 * ends the body too.
 */
export function request(pool: Pool, what: UpstreamRequest, signal: AbortSignal): Promise<UpstreamAnswer> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    let body: Readable | undefined;
    let isFull = false;
    const end = (error: Error) => {
      signal.removeEventListener('abort', onAbort);
      if (body) body.destroy(error);
      else reject(error);
    };
    const onAbort = () => {
      pool.abort(flight);
      end(signal.reason);
    };
    const flight = pool.dispatch(what, {
      onHead(status, fields) {
        body = new Readable({
          read() {
            isFull = false;
            pool.resume(flight);
          },
          destroy(error, done) {
            signal.removeEventListener('abort', onAbort);
            pool.abort(flight);
            done(error);
          },
        });
        // Said before anybody has begun to read; who reads later hears of it all the same.
        body.on('error', () => undefined);
        resolve({ status, body, field: (name) => fieldOf(fields, name) });
      },
      // A copy: the bytes are read over.
      onData(bytes) {
        isFull = !(body as Readable).push(Buffer.from(bytes));
      },
      onEnd: () => void (body as Readable).push(null),
      onRead: () => (isFull ? 'full' : 'used'),
      onError: end,
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

function fieldOf(fields: RawHeaders, name: string): string | undefined {
  for (let i = 0; i < fields.length; i += 2) if (fields[i] === name) return fields[i + 1];
  return undefined;
}
