import { expect, onTestFinished } from 'vitest';
import { createPool, type Pool, type PoolSettings } from '../src/gateway/http1/pool.js';
import type { InFlight, Taken, UpstreamRequest } from '../src/gateway/http1/types.js';
import { type Received, startRawServer } from './raw-server.js';

/** An answer as it goes over the wire. */
export const ok = (text: string, ...fields: string[]) =>
  ['HTTP/1.1 200 OK', ...fields, `content-length: ${text.length}`, '', text].join('\r\n');
export const echo = ({ body, socket }: Received) => socket.write(ok(body), 'latin1');

/** A server, and a pool of connections to it. */
export async function start(answer: (received: Received) => void = echo, settings: Partial<PoolSettings> = {}) {
  const server = await startRawServer(answer);
  return { ...server, pool: open(server.url, settings) };
}

export function open(url: URL, settings: Partial<PoolSettings> = {}): Pool {
  const pool = createPool(url, { connections: 4, timeout: 10_000, ...settings });
  onTestFinished(() => pool.destroy());
  return pool;
}

export const asking = (body: UpstreamRequest['body'], mayRepeat = false): UpstreamRequest => ({
  path: '/graphql?a=b',
  headers: ['x-a', '1'],
  body,
  mayRepeat,
});

/** Sends a request; `answered` resolves with the body of its answer, or rejects. */
export function send(
  pool: Pool,
  body: UpstreamRequest['body'],
  { mayRepeat = false, take = () => 'used' }: Sending = {},
) {
  let flight: InFlight | undefined;
  const answered = new Promise<string>((resolve, reject) => {
    let text = '';
    let taken: Taken = 'used';
    flight = pool.dispatch(asking(body, mayRepeat), {
      onHead: () => undefined,
      onData(bytes) {
        text += bytes.toString('latin1');
        taken = take(bytes);
      },
      onRead: () => taken,
      onEnd: () => resolve(text),
      onError: reject,
    });
  });
  return { flight: flight as InFlight, answered };
}

interface Sending {
  readonly mayRepeat?: boolean;
  readonly take?: (bytes: Buffer) => Taken;
}

export const ask = (pool: Pool, body: UpstreamRequest['body'], mayRepeat = false) =>
  send(pool, body, { mayRepeat }).answered;
export const failing = (code: string) => expect.objectContaining({ code });
