import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { ask, failing, ok, send, start } from '../../../test/pool.js';
import type { Received } from '../../../test/raw-server.js';

describe('the time of an answer', () => {
  const late = failing('ERR_UPSTREAM_TIMEOUT');

  test.each([
    ['nothing comes', () => undefined],
    ['its head drips', ({ socket }: Received) => drip(socket, 'HTTP/1.1 200 OK\r\nx: y')],
    ['its body stops', ({ socket }: Received) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc')],
  ])('is up where %s', async (_, answer) => {
    const { pool, sockets } = await start(answer, { timeout: 100 });
    await expect(ask(pool, 'a', true)).rejects.toEqual(late);
    await vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true));
    expect(sockets).toHaveLength(1);
  });

  test('begins anew with each piece of its body', async () => {
    const { pool } = await start(
      async ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\n');
        for (const letter of 'abcdef') {
          await sleep(80);
          socket.write(letter);
        }
      },
      { timeout: 300 },
    );
    await expect(ask(pool, 'a')).resolves.toBe('abcdef');
  });

  test('has no end between two pieces where that was said', async () => {
    const { pool } = await start(
      async ({ socket }) => {
        socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\na');
        await sleep(300);
        socket.write('b');
      },
      { timeout: 100, mayPause: true },
    );
    await expect(ask(pool, 'a')).resolves.toBe('ab');
  });

  test('does not run while its reader is full', async () => {
    const { pool } = await start(({ socket }) => socket.write(ok('a'.repeat(200_000))), { timeout: 100 });
    let isFull = false;
    const { flight, answered } = send(pool, 'a', {
      take() {
        if (isFull) return 'used';
        isFull = true;
        return 'full';
      },
    });
    await vi.waitFor(() => expect(isFull).toBe(true));
    await sleep(300);
    pool.resume(flight);
    await expect(answered).resolves.toHaveLength(200_000);
  });

  test('does not run while a stream is waited for, and then does', async () => {
    const { pool } = await start(() => undefined, { timeout: 100 });
    async function* slow() {
      yield 'a';
      await sleep(300);
      yield 'b';
    }
    const begun = performance.now();
    await expect(ask(pool, Readable.from(slow()))).rejects.toEqual(late);
    expect(performance.now() - begun).toBeGreaterThan(390);
  });

  test('counts while a request waits for a connection', async () => {
    const { pool, received } = await start(() => undefined, { connections: 1, timeout: 200, mayPause: true });
    const first = ask(pool, 'a');
    first.catch(() => undefined);
    await vi.waitFor(() => expect(received).toHaveLength(1));
    received[0]?.socket.write('HTTP/1.1 200 OK\r\n\r\n');
    await expect(ask(pool, 'b')).rejects.toEqual(late);
    expect(received).toHaveLength(1);
  });
});

function drip(socket: Received['socket'], text: string): void {
  socket.write(text);
  const timer = setInterval(() => socket.write('y'), 20);
  socket.on('close', () => clearInterval(timer));
}

describe('the bytes of an answer', () => {
  const body = Array.from({ length: 200_000 }, (_, i) => String.fromCharCode(97 + (i % 26))).join('');
  const inChunks = (text: string) =>
    `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${text.replace(/.{1,7000}/g, (part) => `${part.length.toString(16)}\r\n${part}\r\n`)}0\r\n\r\n`;

  test.each([
    ['with a length', ok(body)],
    ['in chunks', inChunks(body)],
    ['to the end of the connection', `HTTP/1.1 200 OK\r\n\r\n${body}`],
    ['after others that only announce it', `HTTP/1.1 103 Early Hints\r\nlink: </>\r\n\r\n`.repeat(16) + ok(body)],
  ])('come whole %s', async (_, answer) => {
    const { pool } = await start(({ socket }) =>
      answer.includes('OK\r\n\r\n') ? socket.end(answer) : socket.write(answer),
    );
    await expect(ask(pool, 'a')).resolves.toBe(body);
  });

  test.each(['kept', 'full'] as const)('stay as they are while somebody says that they are %s', async (taken) => {
    const { pool } = await start(({ body: asked, socket }) =>
      socket.write(asked === 'a' ? inChunks(body) : ok('x'.repeat(100_000))),
    );
    const pieces: Buffer[] = [];
    const { flight, answered } = send(pool, 'a', {
      take(bytes) {
        pieces.push(bytes);
        if (taken === 'full') setImmediate(resume);
        return taken;
      },
    });
    let checked = 0;
    let text = '';
    function resume() {
      for (; checked < pieces.length; checked++) text += pieces[checked]?.toString('latin1');
      pool.resume(flight);
    }
    await answered;
    // The last ones are still needed when the connection reads for somebody else.
    await ask(pool, 'b');
    resume();
    expect(text === body).toBe(true);
  });

  test('are not read while somebody is full', async () => {
    const { pool, sockets } = await start(({ socket }) => socket.write(ok('a'.repeat(50_000_000))));
    let size = 0;
    const { flight, answered } = send(pool, 'a', {
      take(bytes) {
        size += bytes.length;
        return 'full';
      },
    });
    answered.catch(() => undefined);
    await vi.waitFor(() => expect(size).toBeGreaterThan(0));
    const before = size;
    await sleep(100);
    expect(size).toBe(before);
    expect(sockets[0]?.writableLength).toBeGreaterThan(10_000_000);
    pool.resume(flight);
    await vi.waitFor(() => expect(size).toBeGreaterThan(before));
  });

  test.each([
    ['a head of more than 16 KiB', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(17_000)}\r\n\r\n`],
    ['a head without an end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}`],
    ['the greeting of another protocol', '220 mail.example.com ESMTP'],
    ['lines that end in another way', 'HTTP/1.1 200 OK\ncontent-length: 2\n\n{}'],
    ['a switch to another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['announcements without an end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(17)],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nx\r\n'],
  ])('are refused where they are %s', async (_, answer) => {
    const { pool, sockets } = await start(({ socket }) => socket.write(answer));
    await expect(ask(pool, 'a', true)).rejects.toEqual(failing('ERR_HTTP_INVALID_ANSWER'));
    await vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true));
  });

  test('that break off are no whole answer', async () => {
    for (const half of [ok('abc').slice(0, -1), inChunks('abc').slice(0, -2), 'HTTP/1.1 200 OK\r\n']) {
      const { pool } = await start(({ socket }) => socket.end(half));
      await expect(ask(pool, 'a')).rejects.toEqual(failing('ERR_UPSTREAM_CLOSED'));
    }
  });

  test('that their reader does not want are an error of its own, and the connection is cut', async () => {
    const { pool, sockets } = await start();
    const unwanted = new Error('no');
    const { answered } = send(pool, 'a', {
      take() {
        throw unwanted;
      },
    });
    await expect(answered).rejects.toBe(unwanted);
    await vi.waitFor(() => expect(sockets[0]?.destroyed).toBe(true));
  });
});
