import { once } from 'node:events';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ask, asking, echo, failing, ok, open, send, start } from '../../../test/pool.js';
import { type Received, startRawServer } from '../../../test/raw-server.js';
import type { AnswerHandler } from './types.js';

describe('a request', () => {
  test('is a POST with its fields and its length', async () => {
    const { pool, received, url } = await start();
    await expect(ask(pool, '{"a":"b"}')).resolves.toBe('{"a":"b"}');
    expect(received[0]?.head).toBe(
      `POST /graphql?a=b HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\nx-a: 1\r\ncontent-length: 9\r\n\r\n`,
    );
  });

  test.each([
    ['text', 'ä€😀', Buffer.from('ä€😀')],
    ['bytes', Buffer.from([0, 255, 10, 13]), Buffer.from([0, 255, 10, 13])],
    ['nothing', '', Buffer.alloc(0)],
    ['more than goes with its head', 'é'.repeat(100_000), Buffer.from('é'.repeat(100_000))],
  ])('brings a body of %s as it is', async (_, body, expected) => {
    const { pool, received } = await start();
    await ask(pool, body);
    expect(received[0]?.body).toBe(expected.toString('latin1'));
    expect(received[0]?.head).toContain(`content-length: ${expected.length}\r\n`);
  });

  test('brings a stream in chunks, of text and bytes, without empty ones', async () => {
    const { pool, received } = await start();
    await ask(pool, Readable.from(['aä', '', Buffer.from('b'), Buffer.alloc(0), 'c']));
    expect(received[0]?.head).toMatch(/transfer-encoding: chunked\r\n\r\n$/);
    expect(received[0]?.body).toBe('3\r\na\xc3\xa4\r\n1\r\nb\r\n1\r\nc\r\n0\r\n\r\n');
    await expect(ask(pool, 'next', true)).resolves.toBe('next');
    expect(received[1]?.connection).toBe(0);
  });

  test('brings a stream no faster than it is taken', async () => {
    const { server, url, sockets } = await startRawServer(() => undefined);
    let size = 0;
    server.removeAllListeners('connection').on('connection', (socket) => {
      sockets.push(socket.pause());
      socket.on('data', (bytes) => {
        size += bytes.length;
        if (bytes.subarray(-5).toString() === '0\r\n\r\n') socket.write(ok('taken'));
      });
    });
    const pieces = 1_000;
    let made = 0;
    const body = new Readable({
      read() {
        this.push(made++ < pieces ? Buffer.alloc(64 * 1024) : null);
      },
    });
    const answered = ask(open(url), body);
    await vi.waitFor(() => expect(body.isPaused()).toBe(true));
    expect(made).toBeLessThan(pieces / 2);
    sockets[0]?.resume();
    await expect(answered).resolves.toBe('taken');
    expect(size).toBeGreaterThan(pieces * 64 * 1024);
  });

  test('fails with its stream, and its connection is cut', async () => {
    const { pool, sockets } = await start();
    const broken = new Error('the disk is gone');
    async function* body() {
      yield 'a';
      await vi.waitFor(() => expect(sockets).toHaveLength(1));
      throw broken;
    }
    await expect(ask(pool, Readable.from(body()))).rejects.toBe(broken);
    await vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true));
  });

  test('stops its stream where the answer comes first, and the connection is not used again', async () => {
    const { pool, received, server } = await start();
    server.prependListener('connection', (socket) => socket.once('data', () => socket.write(ok('too much'))));
    const body = Readable.from(
      (async function* () {
        yield 'a';
        await new Promise(() => undefined);
      })(),
    );
    await expect(ask(pool, body)).resolves.toBe('too much');
    expect(body.destroyed).toBe(true);
    await ask(pool, 'next').catch(() => undefined);
    expect(received.every(({ connection }) => connection > 0)).toBe(true);
  });

  test('fails where its stream has broken off while it waited for a connection', async () => {
    const { pool, received } = await start(() => undefined, { connections: 1 });
    const first = ask(pool, 'a');
    const body = new Readable({ read: () => undefined });
    body.on('error', () => undefined);
    const second = ask(pool, body);
    const broken = new Error('the disk is gone');
    body.destroy(broken);
    await vi.waitFor(() => expect(received).toHaveLength(1));
    received[0]?.socket.write(ok('a'));
    await first;
    await expect(second).rejects.toBe(broken);
  });

  test('that names what is not for it to name is refused before anything is sent, and leaves no connection busy', async () => {
    const { pool, received } = await start(echo, { connections: 1 });
    const forged = { ...asking('a'), headers: ['x-a', 'b\r\nhost: c'] };
    expect(() => pool.dispatch(forged, {} as AnswerHandler)).toThrow(TypeError);
    await expect(ask(pool, 'b')).resolves.toBe('b');
    expect(received.map(({ body }) => body)).toEqual(['b']);
  });
});

describe('a connection', () => {
  test('is used again, one request after the other', async () => {
    const { pool, received } = await start();
    for (const body of ['a', 'b', 'c']) await expect(ask(pool, body, true)).resolves.toBe(body);
    expect(received.map(({ connection }) => connection)).toEqual([0, 0, 0]);
  });

  test.each([
    ['said to be the last', ok('a', 'connection: close')],
    ['of HTTP/1.0', ok('a').replace('1.1', '1.0')],
    ['kept by the server for a second only', ok('a', 'keep-alive: timeout=1')],
    ['followed by something that nobody has asked for', `${ok('a')}${ok('stolen')}`],
    [
      'chunked, and followed by something',
      `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\nHTTP`,
    ],
  ])('is not used again after an answer that is %s', async (_, answer) => {
    const { pool, received } = await start(({ body, socket }) => socket.write(body === 'a' ? answer : ok(body)));
    await expect(ask(pool, 'a')).resolves.toBe('a');
    await expect(ask(pool, 'b')).resolves.toBe('b');
    expect(received.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  test('is not given to a request that waits, if something stands behind the answer', async () => {
    const { pool, received } = await start(
      ({ body, socket }) => socket.write(body === 'a' ? ok('a') + ok('stolen') : ok(body)),
      { connections: 1 },
    );
    const [first, second] = [ask(pool, 'a'), ask(pool, 'b')];
    await expect(first).resolves.toBe('a');
    await expect(second).resolves.toBe('b');
    expect(received.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  test('on which something comes while nobody asks is cut', async () => {
    const { pool, sockets, received } = await start();
    await ask(pool, 'a');
    const closed = once(sockets[0] as never, 'close');
    sockets[0]?.write(ok('stolen'));
    await closed;
    await expect(ask(pool, 'b')).resolves.toBe('b');
    expect(received[1]?.connection).toBe(1);
  });

  test('is not used after it has lain idle for too long, and is closed some time later', async () => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { pool, received, sockets } = await start(({ body, socket }) =>
      socket.write(ok(body, 'keep-alive: timeout=9')),
    );
    await ask(pool, 'a', true);
    vi.advanceTimersByTime(7_900);
    await ask(pool, 'b', true);
    vi.advanceTimersByTime(8_100);
    await ask(pool, 'c', true);
    expect(received.map(({ connection }) => connection)).toEqual([0, 0, 1]);
    const closed = once(sockets[1] as never, 'close');
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    vi.advanceTimersByTime(20_000);
    await closed;
  });

  test('is opened for each request under way, up to the limit; others wait for one', async () => {
    const { pool, received, sockets } = await start(() => undefined, { connections: 2 });
    const answers = ['a', 'b', 'c', 'd'].map((body) => ask(pool, body));
    await vi.waitFor(() => expect(received).toHaveLength(2));
    for (const at of [0, 1, 2, 3]) {
      await vi.waitFor(() => expect(received.length).toBeGreaterThan(at));
      received[at]?.socket.write(ok(received[at].body));
    }
    await expect(Promise.all(answers)).resolves.toEqual(['a', 'b', 'c', 'd']);
    expect(sockets).toHaveLength(2);
  });

  test('whose end stands behind an answer is not given to a request that waits', async () => {
    const { pool, received } = await start(({ body, socket }) => socket.end(ok(body)), { connections: 1 });
    const bodies = Array.from({ length: 20 }, (_, i) => `request ${i}`);
    await expect(Promise.all(bodies.map((body) => ask(pool, body)))).resolves.toEqual(bodies);
    expect(received.map(({ connection }) => connection)).toEqual([...bodies.keys()]);
  });

  test('whose end stands behind an answer is not given to a mutation that comes then', async () => {
    const { pool } = await start(({ body, socket }) => socket.end(ok(body)));
    for (let i = 0; i < 50; i++) await expect(ask(pool, `${i}`)).resolves.toBe(`${i}`);
  });

  test('is given to a query at once, and to a mutation a turn of the loop later', async () => {
    const { pool, received } = await start();
    await ask(pool, 'a', true);
    await ask(pool, 'b', true);
    await ask(pool, 'c');
    await sleep(50);
    await ask(pool, 'd');
    expect(received.map(({ connection }) => connection)).toEqual([0, 0, 1, 1]);
  });

  test('is not used again after an answer that came before its request was sent whole', async () => {
    const { pool, received, server } = await start();
    server.prependOnceListener('connection', (socket) => {
      socket.once('data', () => socket.pause().write(ok('too much')));
    });
    await expect(ask(pool, Buffer.alloc(20_000_000))).resolves.toBe('too much');
    await expect(ask(pool, 'b')).resolves.toBe('b');
    expect(received.map(({ body, connection }) => [body, connection])).toEqual([['b', 1]]);
  });

  test('that fails makes room for who waits', async () => {
    const { pool } = await start(({ body, socket }) => (body === 'b' ? socket.write(ok('b')) : socket.destroy()), {
      connections: 1,
    });
    const [first, second] = [ask(pool, 'a'), ask(pool, 'b')];
    await expect(first).rejects.toEqual(failing('ERR_UPSTREAM_CLOSED'));
    await expect(second).resolves.toBe('b');
  });
});

describe('a request that is given up', () => {
  test('cuts its connection, and its handler hears nothing more', async () => {
    const { pool, received, sockets } = await start(() => undefined);
    const { flight, answered } = send(pool, 'a');
    const heard = vi.fn();
    answered.then(heard, heard);
    await vi.waitFor(() => expect(received).toHaveLength(1));
    const closed = once(sockets[0] as never, 'close');
    pool.abort(flight);
    await closed;
    expect(heard).not.toHaveBeenCalled();
  });

  test('while it waits is never sent', async () => {
    const { pool, received } = await start(() => undefined, { connections: 1 });
    const first = ask(pool, 'a');
    pool.abort(send(pool, 'b').flight);
    const third = ask(pool, 'c');
    for (const at of [0, 1]) {
      await vi.waitFor(() => expect(received.length).toBeGreaterThan(at));
      received[at]?.socket.write(ok(received[at].body));
    }
    await Promise.all([first, third]);
    expect(received.map(({ body }) => body)).toEqual(['a', 'c']);
  });

  test('or fails while it waits stops its stream', async () => {
    const { pool } = await start(() => undefined, { connections: 1, timeout: 200, mayPause: true });
    ask(pool, 'a').catch(() => undefined);
    const [first, second] = [Readable.from(['a']), Readable.from(['b'])];
    pool.abort(send(pool, first).flight);
    expect(first.destroyed).toBe(true);
    await expect(ask(pool, second)).rejects.toEqual(failing('ERR_UPSTREAM_TIMEOUT'));
    expect(second.destroyed).toBe(true);
  });

  test('after its answer leaves the next one on the same connection alone', async () => {
    const { pool, received } = await start(({ body, socket }) => body === 'a' && socket.write(ok('a')));
    const { flight, answered } = send(pool, 'a');
    await answered;
    const next = ask(pool, 'b');
    pool.abort(flight);
    await vi.waitFor(() => expect(received).toHaveLength(2));
    received[1]?.socket.write(ok('b'));
    await expect(next).resolves.toBe('b');
  });

  test.each(['onHead', 'onData'] as const)('in %s reads nothing more of what has come already', async (when) => {
    const { pool } = await start(({ socket }) =>
      socket.write('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n'),
    );
    const calls: string[] = [];
    const flight = pool.dispatch(asking('a'), {
      onHead: () => note('onHead'),
      onData: () => note('onData'),
      onRead: () => 'used',
      onEnd: () => note('onEnd'),
      onError: () => note('onError'),
    });
    function note(call: string): undefined {
      calls.push(call);
      if (call === when) pool.abort(flight);
    }
    await vi.waitFor(() => expect(calls).toContain(when));
    await expect(ask(pool, 'b')).resolves.toBe('ab');
    expect(calls).toEqual(when === 'onHead' ? ['onHead'] : ['onHead', 'onData']);
  });
});

describe('a connection that fails before anything is answered', () => {
  const failFirst = () => {
    let count = 0;
    return ({ body, socket }: Received) => (count++ === 0 ? socket.destroy() : socket.write(ok(body)));
  };

  test('is tried once more, on another one, for a request that may be repeated', async () => {
    const { pool, received } = await start(failFirst());
    await expect(ask(pool, 'a', true)).resolves.toBe('a');
    expect(received.map(({ connection }) => connection)).toEqual([0, 1]);
  });

  test('is not for one that may not', async () => {
    const { pool, received } = await start(failFirst());
    await expect(ask(pool, 'a')).rejects.toEqual(failing('ERR_UPSTREAM_CLOSED'));
    expect(received).toHaveLength(1);
  });

  test('is tried once more only once', async () => {
    const { pool, received } = await start(({ socket }) => socket.destroy());
    await expect(ask(pool, 'a', true)).rejects.toEqual(failing('ERR_UPSTREAM_CLOSED'));
    expect(received).toHaveLength(2);
  });

  test('is not tried again after the first byte of an answer', async () => {
    const { pool, received } = await start(({ socket }) => socket.end('H'));
    await expect(ask(pool, 'a', true)).rejects.toEqual(failing('ERR_UPSTREAM_CLOSED'));
    expect(received).toHaveLength(1);
  });

  test('is not heard of again by a repeated request that is given up while it waits', async () => {
    const { pool, received } = await start(({ body, socket }) => (body === 'a' ? socket.destroy() : undefined), {
      connections: 1,
    });
    const first = send(pool, 'a', { mayRepeat: true });
    first.answered.catch(() => undefined);
    const second = ask(pool, 'b');
    await vi.waitFor(() => expect(received.map(({ body }) => body)).toEqual(['a', 'b']));
    pool.abort(first.flight);
    received[1]?.socket.write(ok('b'));
    await expect(second).resolves.toBe('b');
    const third = ask(pool, 'c');
    await vi.waitFor(() => expect(received.map(({ body }) => body)).toEqual(['a', 'b', 'c']));
    received[2]?.socket.write(ok('c'));
    await third;
  });

  test('says so where nobody listens', async () => {
    const { server, url } = await startRawServer(echo);
    server.close();
    await once(server, 'close');
    await expect(ask(open(url), 'a', true)).rejects.toEqual(failing('ECONNREFUSED'));
  });
});

test('a pool that is destroyed fails what is on its way, what waits, and what comes later', async () => {
  const { pool, received, sockets } = await start(() => undefined, { connections: 1 });
  const early = [ask(pool, 'a', true), ask(pool, 'b', true)];
  for (const each of early) each.catch(() => undefined);
  await vi.waitFor(() => expect(received).toHaveLength(1));
  pool.destroy();
  for (const each of [...early, ask(pool, 'c', true)])
    await expect(each).rejects.toEqual(failing('ERR_UPSTREAM_CLOSED'));
  await vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true));
  expect(sockets).toHaveLength(1);
});
