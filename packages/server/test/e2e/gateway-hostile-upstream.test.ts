import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { json, type RawUpstream, startRawUpstream } from '../raw-upstream.js';

const hello = '{"data":{"hello":"world"}}';

type RawAnswer = (socket: Socket, body: string, count: number) => void;

/** What the upstream does in the test that runs, and how often it has been asked in it. */
let answer: RawAnswer = () => undefined;
let asked = 0;

let gate: Gate<RawUpstream>;
beforeAll(async () => {
  const start = () => startRawUpstream((socket, body) => answer(socket, body, asked++));
  // A breaker that opens is another file's matter.
  gate = await startGate(start, { upstreamTimeout: 500, upstreamBreakerFailures: 10_000 });
});
afterAll(() => gate.stop());

function answerWith(next: RawAnswer): void {
  answer = next;
  asked = 0;
  gate.server.log.lines.length = 0;
}

const ask = (query = '{ hello }') => gate.server.ask(query, { token: gate.token });
const head = (...lines: string[]) => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;
const jsonHead = (...lines: string[]) => head('Content-Type: application/json', ...lines);

/** Writes again and again until the connection is gone. */
function repeat(socket: Socket, text: string, pause = 10): void {
  const timer = setInterval(() => socket.write(text), pause);
  socket.on('close', () => clearInterval(timer));
}

describe('an upstream that is no HTTP server', () => {
  test.each<[string, (socket: Socket) => void, number]>([
    ['nothing like HTTP', (socket) => socket.write('hello?\r\n\r\n'), 502],
    ['HTTP/0.9', (socket) => socket.end(hello), 502],
    ['a status that is none', (socket) => socket.write('HTTP/1.1 OK\r\n\r\n'), 502],
    ['another protocol', (socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n'), 502],
    ['a header without an end', (socket) => repeat(socket, `X-A: ${'x'.repeat(10_000)}\r\n`, 1), 502],
    ['a giant field', (socket) => socket.write(jsonHead(`X-A: ${'x'.repeat(100_000)}`, 'Content-Length: 2')), 502],
    ['a million fields', (socket) => socket.write(jsonHead('a: b\r\n'.repeat(100_000))), 502],
    ['a field that is folded', (socket) => socket.write(jsonHead('X-A: 1\r\n Set-Cookie: a=b')), 502],
    ['a field without a name', (socket) => socket.write(jsonHead(': 1')), 502],
    ['a field with a NUL', (socket) => socket.write(`${jsonHead('X-A: a\0b', 'Content-Length: 2')}{}`), 502],
    [
      'a field with a control character',
      (socket) => socket.write(`${jsonHead('X-A: a\x01b', 'Content-Length: 2')}{}`),
      502,
    ],
    ['two lengths', (socket) => socket.write(`${jsonHead('Content-Length: 2', 'Content-Length: 9')}{}`), 502],
    ['a length that is none', (socket) => socket.write(`${jsonHead('Content-Length: 0x2')}{}`), 502],
    [
      'a length and chunks',
      (socket) => socket.write(`${jsonHead('Content-Length: 2', 'Transfer-Encoding: chunked')}0\r\n\r\n`),
      502,
    ],
    ['chunks of no size', (socket) => socket.write(`${jsonHead('Transfer-Encoding: chunked')}zz\r\n{}\r\n`), 502],
    [
      'informational answers without end',
      (socket) => repeat(socket, 'HTTP/1.1 102 Processing\r\n\r\n'.repeat(10)),
      502,
    ],
    [
      'a head that drips field by field',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n');
        repeat(socket, 'a: b\r\n', 50);
      },
      504,
    ],
    ['a head and no answer', (socket) => socket.write(jsonHead('Content-Length: 26')), 504],
  ])('but sends %s, is an error of the upstream', async (_, misbehave, status) => {
    answerWith((socket) => misbehave(socket));
    const { status: told, body } = await ask();
    expect(body.errors[0].extensions.code).toMatch(/^UPSTREAM_(UNAVAILABLE|INVALID|TIMEOUT)$/);
    expect(told).toBe(status);
    expect((await ask('{ viewer { userName } }')).status).toBe(200);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['has less than its length', (socket) => socket.end(`${jsonHead('Content-Length: 99')}${hello}`)],
    ['has no last chunk', (socket) => socket.end(`${jsonHead('Transfer-Encoding: chunked')}1a\r\n${hello}\r\n`)],
    ['has half a chunk', (socket) => socket.end(`${jsonHead('Transfer-Encoding: chunked')}ff\r\n${hello}\r\n`)],
    [
      'has a broken chunk',
      (socket) => {
        socket.write(`${jsonHead('Transfer-Encoding: chunked')}1a\r\n${hello}\r\n`, () => socket.write('zz\r\n'));
      },
    ],
    [
      'ends in the middle, without a length',
      (socket) => socket.end(`${jsonHead('Connection: close')}{"data":{"hello":"wor`),
    ],
  ])('an answer that %s is never taken for a whole one', async (_, misbehave) => {
    answerWith((socket) => misbehave(socket));
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${gate.token}` };
    const body = '{"query":"{ hello }"}';
    const got = await fetch(gate.server.url, { method: 'POST', headers, body })
      .then(async (response) => (response.status === 200 ? response.text().then(() => 'whole') : 'refused'))
      .catch(() => 'cut');
    expect(got).not.toBe('whole');
    expect(gate.server.log.lines.some(({ level }) => level === 'error')).toBe(true);
  });

  test('cannot answer the next caller beforehand', async () => {
    answerWith((socket, _body, count) => {
      socket.write(json(hello) + (count === 0 ? json('{"data":{"hello":"poisoned"}}') : ''));
    });
    for (let i = 0; i < 5; i++) expect((await ask()).body).toEqual({ data: { hello: 'world' } });
  });

  test('gives no more than it has announced', async () => {
    answerWith((socket) => {
      socket.write(`${jsonHead(`Content-Length: ${hello.length}`)}${hello}<script>`);
    });
    expect((await ask()).body).toEqual({ data: { hello: 'world' } });
    expect((await ask()).body).toEqual({ data: { hello: 'world' } });
  });

  test('that ends its connection after a whole answer has answered', async () => {
    answerWith((socket) => socket.end(`${jsonHead('Connection: close')}${hello}`));
    expect((await ask()).body).toEqual({ data: { hello: 'world' } });
  });
});

describe('a connection that fails before there is an answer', () => {
  const once = (socket: Socket, _body: string, count: number) => {
    if (count === 0) socket.resetAndDestroy();
    else socket.write(json('{"data":{"hello":"world","echo":"x","addWidget":null}}'));
  };

  test.each([
    ['a query', '{ hello }'],
    ['a query’s part', '{ viewer { userName } hello echo(text: "x") }'],
  ])('is tried again for %s', async (_, query) => {
    answerWith(once);
    const { body } = await ask(query);
    expect(body.errors).toBeUndefined();
    expect(body.data.hello).toBe('world');
    expect(asked).toBe(2);
  });

  test('is not tried again for a mutation', async () => {
    answerWith(once);
    const { status, body } = await ask('mutation { addWidget(name: "x") { id } }');
    expect([status, body.errors[0].extensions.code]).toEqual([502, 'UPSTREAM_UNAVAILABLE']);
    expect(asked).toBe(1);
  });

  test('is tried again once', async () => {
    answerWith((socket) => socket.resetAndDestroy());
    expect((await ask()).status).toBe(502);
    expect(asked).toBe(2);
  });

  test.each<[string, (socket: Socket) => void]>([
    ['it took too long', () => undefined],
    [
      'part of an answer was there',
      (socket) => socket.write(`${jsonHead('Content-Length: 99')}{"data"`, () => socket.resetAndDestroy()),
    ],
    [
      'the upstream has said that it is at work',
      (socket) => socket.write('HTTP/1.1 102 Processing\r\n\r\n', () => setTimeout(() => socket.resetAndDestroy(), 50)),
    ],
  ])('is not tried again when %s', async (_, misbehave) => {
    answerWith((socket) => misbehave(socket));
    await ask().catch(() => undefined);
    await vi.waitUntil(() => gate.server.log.lines.some(({ level }) => level === 'error'));
    expect(asked).toBe(1);
  });
});
