import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { openSocket, parseRaw, readAll, sendRaw } from '../raw.js';
import { type ScriptedUpstream, sendJson, startScripted } from '../scripted-upstream.js';

let gate: Gate<ScriptedUpstream>;
beforeAll(async () => {
  const echo = (body: string) => /echo\(text: \\"(\w+)\\"\)/.exec(body)?.[1] ?? null;
  gate = await startGate(() => startScripted((response, body) => sendJson(response, { data: { echo: echo(body) } })));
});
afterAll(() => gate.stop());

const question = (word: string) => JSON.stringify({ query: `{ echo(text: "${word}") }` });
const lines = (...more: string[]) =>
  [
    'POST /graphql HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    `Authorization: Bearer ${gate.token}`,
    ...more,
    '\r\n',
  ].join('\r\n');
const withLength = (word: string, ...more: string[]) =>
  lines(`Content-Length: ${question(word).length}`, ...more) + question(word);
const chunk = (text: string, extension = '') => `${text.length.toString(16)}${extension}\r\n${text}\r\n`;
const end = '0\r\n\r\n';

/** What the upstream was asked since then. */
function watch(): () => string[] {
  const before = gate.upstream.requests.length;
  return () => gate.upstream.requests.slice(before).map(({ body }) => body);
}

test('requests that are sent in one go are answered one by one, in their order, each as what it is', async () => {
  const asked = watch();
  const words = ['one', 'two', 'three', 'four'];
  const raw = await sendRaw(
    gate.server.origin,
    words.map((word, i) => withLength(word, ...(i === 3 ? ['Connection: close'] : []))).join(''),
  );
  expect([...raw.matchAll(/\{"data":\{"echo":"(\w+)"\}\}/g)].map(([, word]) => word)).toEqual(words);
  // Node gives a pipelined request to us while the one before it is under way.
  expect(asked().sort()).toEqual(words.map(question).sort());
});

test('a request hidden in the body of another is never asked', async () => {
  const asked = watch();
  const hidden = withLength('hidden');
  // The length ends the first body, or chunks do; nobody agrees on both.
  for (const request of [
    lines('Content-Length: 4', 'Transfer-Encoding: chunked') + end + hidden,
    lines('Transfer-Encoding: chunked', 'Content-Length: 4') + chunk(question('a')) + end + hidden,
    lines('Content-Length: 0', `Content-Length: ${hidden.length}`) + hidden,
    lines('Transfer-Encoding: xchunked', `Content-Length: ${hidden.length}`) + hidden,
    lines(`X-A: 1\nContent-Length: 0`, `Content-Length: ${hidden.length}`) + hidden,
    lines('Transfer_Encoding: chunked', `Content-Length: ${hidden.length}`) + hidden,
  ]) {
    const { status } = parseRaw(
      await sendRaw(gate.server.origin, request.replace('Host', 'Connection: close\r\nHost')),
    );
    expect(status).toBe(400);
  }
  expect(asked()).toEqual([]);
});

test('a body in chunks arrives with its length, without their extensions and trailers', async () => {
  const asked = watch();
  const text = question('chunks');
  const request =
    lines('Transfer-Encoding: chunked', 'Trailer: Authorization', 'Connection: close') +
    chunk(text.slice(0, 5), ';a="b\\"c"') +
    chunk(text.slice(5)) +
    '0\r\nAuthorization: Bearer stolen\r\nX-Latchkey-User: admin\r\n\r\n';
  expect(await sendRaw(gate.server.origin, request)).toContain('{"data":{"echo":"chunks"}}');
  expect(asked()).toEqual([text]);
  const { headers } = gate.upstream.requests.at(-1) ?? {};
  expect(headers).toMatchObject({ 'content-length': String(text.length), authorization: `Bearer ${gate.token}` });
  expect(headers).not.toHaveProperty('transfer-encoding');
  expect(headers).not.toHaveProperty('trailer');
});

test('extensions of chunks without end are cut off', async () => {
  const socket = await openSocket(gate.server.origin);
  const answer = readAll(socket);
  socket.write(`${lines('Transfer-Encoding: chunked')}1;`);
  for (let i = 0; i < 64 && socket.writable; i++) socket.write('x'.repeat(1_024));
  expect(parseRaw(await answer).status).toBeGreaterThanOrEqual(400);
});

test('a hundred thousand chunks of a byte are a body like any other', async () => {
  const text = `${' '.repeat(100_000)}${question('bytes')}`;
  const bytes = [...text].map((byte) => chunk(byte)).join('');
  const raw = await sendRaw(gate.server.origin, lines('Transfer-Encoding: chunked', 'Connection: close') + bytes + end);
  expect(raw).toContain('{"data":{"echo":"bytes"}}');
});

test('the body of a GET is not looked at, and does not become the next request', async () => {
  const asked = watch();
  const query = encodeURIComponent('{ echo(text: "fromURL") }');
  const hidden = withLength('hidden');
  const get = `GET /graphql?query=${query} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${gate.token}\r\nContent-Length: ${hidden.length}\r\n\r\n`;
  const raw = await sendRaw(gate.server.origin, get + hidden + withLength('next', 'Connection: close'));
  expect(raw.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
  expect(asked().some((body) => body.includes('hidden'))).toBe(false);
});

test('what came before leaves the next caller what they asked for', async () => {
  for (let i = 0; i < 20; i++) {
    const { body } = await gate.server.ask(`{ echo(text: "mine${i}") }`, { token: gate.token });
    expect(body).toEqual({ data: { echo: `mine${i}` } });
  }
  expect(gate.server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
});
