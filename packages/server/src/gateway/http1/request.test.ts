import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { asking, failing, ok, start } from '../../../test/pool.js';
import { request } from './request.js';

const never = () => new AbortController().signal;

async function textOf(body: AsyncIterable<Buffer>): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of body) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

test('an answer has its status, its fields by name, and its body whole, however slowly it is read', async () => {
  const text = 'abcdefghij'.repeat(100_000);
  const { pool } = await start(({ socket }) => socket.write(ok(text, 'ETag: "a"', 'etag: "b"')));
  const { status, field, body } = await request(pool, asking('a'), never());
  expect([status, field('etag'), field('x-none')]).toEqual([200, '"a"', undefined]);
  await sleep(50);
  const pieces: Buffer[] = [];
  for await (const piece of body) {
    pieces.push(piece);
    if (pieces.length % 5 === 0) await sleep(1);
  }
  expect(Buffer.concat(pieces).toString() === text).toBe(true);
});

test('a body that nobody reads is not taken', async () => {
  const { pool, sockets } = await start(({ socket }) => socket.write(ok('a'.repeat(50_000_000))));
  await request(pool, asking('a'), never());
  await sleep(100);
  expect(sockets[0]?.writableLength).toBeGreaterThan(10_000_000);
});

test('leaving a body before its end cuts the connection', async () => {
  const { pool, sockets } = await start(({ socket }) => socket.write(ok('a'.repeat(50_000_000))));
  const { body } = await request(pool, asking('a'), never());
  for await (const _ of body) break;
  await vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true));
});

test('an answer that breaks off fails its body, also where that is read later', async () => {
  const { pool } = await start(({ socket }) => socket.end(ok('abc').slice(0, -1)));
  const { body } = await request(pool, asking('a'), never());
  await sleep(50);
  await expect(textOf(body)).rejects.toEqual(failing('ERR_UPSTREAM_CLOSED'));
});

test('a request that fails rejects', async () => {
  const { pool } = await start(({ socket }) => socket.destroy());
  await expect(request(pool, asking('a'), never())).rejects.toEqual(failing('ERR_UPSTREAM_CLOSED'));
});

test('a signal that was given before keeps the request from being sent', async () => {
  const { pool, received } = await start();
  const reason = new Error('too late');
  await expect(request(pool, asking('a'), AbortSignal.abort(reason))).rejects.toBe(reason);
  expect(received).toEqual([]);
});

test('a signal ends a request that waits for its answer, and its connection', async () => {
  const { pool, received, sockets } = await start(() => undefined);
  const ending = new AbortController();
  const answered = request(pool, asking('a'), ending.signal);
  await vi.waitFor(() => expect(received).toHaveLength(1));
  const reason = new Error('not wanted');
  ending.abort(reason);
  await expect(answered).rejects.toBe(reason);
  await vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true));
});

test('a signal ends a body in the middle', async () => {
  const { pool } = await start(({ socket }) => socket.write('HTTP/1.1 200 OK\r\n\r\nabc'));
  const ending = new AbortController();
  const { body } = await request(pool, asking('a'), ending.signal);
  const reason = new Error('not wanted');
  setTimeout(() => ending.abort(reason), 50);
  await expect(textOf(body)).rejects.toBe(reason);
});

test('a signal that outlives many requests keeps nothing of them', async () => {
  const { signal } = new AbortController();
  const added = vi.spyOn(signal, 'addEventListener');
  const removed = vi.spyOn(signal, 'removeEventListener');
  const { pool } = await start(({ body, socket }) => (body === 'broken' ? socket.destroy() : socket.write(ok('b'))));
  for (const body of ['a', 'broken', 'c']) {
    await request(pool, asking(body), signal).then(
      (answer) => textOf(answer.body),
      () => undefined,
    );
  }
  await vi.waitFor(() => {
    const gone = removed.mock.calls.map(([, listener]) => listener);
    expect(added.mock.calls.map(([, listener]) => gone.includes(listener as never))).toEqual([true, true, true]);
  });
});
