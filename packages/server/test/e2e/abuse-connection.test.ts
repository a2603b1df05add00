import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { startGate } from '../gate.js';
import { startTestServer, type TestServer } from '../harness.js';
import { openSocket, parseRaw, readAll, readUntil, sendRaw } from '../raw.js';
import { sendJson, startScripted } from '../scripted-upstream.js';

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

describe('a connection', () => {
  const json = '{"query":"{ __typename }"}';
  const head = (...lines: string[]) =>
    `${['POST /graphql HTTP/1.1', 'Host: localhost', 'Content-Type: application/json', ...lines].join('\r\n')}\r\n\r\n`;
  const chunked = (text: string) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;

  test.each([
    ['a length and chunks', head('Content-Length: 26', 'Transfer-Encoding: chunked') + chunked(json)],
    ['chunks and a length', head('Transfer-Encoding: chunked', 'Content-Length: 26') + chunked(json)],
    ['two lengths', head('Content-Length: 26', 'Content-Length: 5') + json],
    ['two lengths in one', head('Content-Length: 26, 26') + json],
    ['a length with a sign', head('Content-Length: +26') + json],
    ['a length below nothing', head('Content-Length: -1') + json],
    ['chunks in chunks', head('Transfer-Encoding: chunked, identity') + chunked(json)],
    ['chunks of another kind', head('Transfer-Encoding: xchunked') + chunked(json)],
    ['chunks behind a space', head('Transfer-Encoding : chunked') + chunked(json)],
    ['a folded field', head('X-A: 1\r\n Transfer-Encoding: chunked', 'Content-Length: 26') + json],
    ['a field without a name', head(': 1', 'Content-Length: 26') + json],
    ['a chunk of a wrong size', `${head('Transfer-Encoding: chunked')}zz\r\n${json}\r\n0\r\n\r\n`],
    ['chunks twice', head('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked') + chunked(json)],
    ['chunks and nothing', head('Transfer-Encoding: chunked', 'Transfer-Encoding: identity') + chunked(json)],
    ['chunks behind a tab', head('Transfer-Encoding:\tchunked\x0b') + chunked(json)],
    ['chunks in quotes', head('Transfer-Encoding: "chunked"') + chunked(json)],
    ['chunks in a field with a NUL', head('Transfer-Encoding: chunked\0') + chunked(json)],
    ['chunks behind a bare carriage return', head('X-A: 1\rTransfer-Encoding: chunked', 'Content-Length: 26') + json],
    [
      'chunks behind a bare line feed',
      head('X-A: 1\nTransfer-Encoding: chunked', 'Content-Length: 26') + chunked(json),
    ],
    ['a length in hexadecimal', head('Content-Length: 0x1a') + json],
    ['a length with a space in it', head('Content-Length: 2 6') + json],
    ['a length behind a space', head('Content-Length : 26') + json],
    ['a length that no number holds', head(`Content-Length: ${'9'.repeat(30)}`) + json],
    ['a chunk whose size has a sign', `${head('Transfer-Encoding: chunked')}+1a\r\n${json}\r\n0\r\n\r\n`],
    ['a chunk whose size is in C', `${head('Transfer-Encoding: chunked')}0x1a\r\n${json}\r\n0\r\n\r\n`],
    ['a chunk that is longer than it says', `${head('Transfer-Encoding: chunked')}5\r\n${json}\r\n0\r\n\r\n`],
    ['a chunk of a size that no number holds', `${head('Transfer-Encoding: chunked')}${'f'.repeat(20)}\r\n${json}\r\n`],
    ['chunks that end with bare line feeds', `${head('Transfer-Encoding: chunked')}1a\n${json}\n0\n\n`],
    ['a method that is none', 'GE T /graphql HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['a version that is none', 'GET /graphql HTTP/9.9\r\nHost: localhost\r\n\r\n'],
    ['no request at all', 'hello?\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n'],
  ])('with %s is answered with 400 and closed', async (_, request) => {
    // What was smuggled in behind it must not be answered.
    const raw = await sendRaw(server.origin, `${request}GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    const { status, headers, body } = parseRaw(raw);
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 400, code: 'BAD_REQUEST' });
    expect(headers).toContain('connection: close');
    expect(raw.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test('with fields of more than 16 KiB is answered with 431 and closed', async () => {
    const { status, headers, body } = parseRaw(await sendRaw(server.origin, head(`X-A: ${'x'.repeat(20_000)}`) + json));
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 431, code: 'BAD_REQUEST' });
    expect(headers).toContain('connection: close');
  });

  test.each([
    ['with its length', 'Content-Length: 2000000', (text: string) => text],
    ['in chunks', 'Transfer-Encoding: chunked', chunked],
  ])('with a body that is too large is answered with 413 and closed, %s', async (_, line, write) => {
    const raw = await sendRaw(server.origin, head(line) + write('x'.repeat(2_000_000)));
    const { status, headers, body } = parseRaw(raw);
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 413, code: 'BODY_TOO_LARGE' });
    expect(headers).toContain('connection: close');
  });

  test.each([
    ['its fields', 'POST /graphql HTTP/1.1\r\nHost: localhost\r\nX-A: '],
    ['its body', `${head('Content-Length: 26')}{"query"`],
    ['its next chunk', `${head('Transfer-Encoding: chunked')}8\r\n{"query"\r\n`],
  ])('that does not send %s in time is answered with 408 and closed', async (_, request) => {
    const impatient = await startTestServer({ requestTimeout: 300 });
    onTestFinished(() => impatient.stop());
    const socket = await openSocket(impatient.origin);
    socket.write(request);
    const { status, headers, body } = parseRaw(await readAll(socket));
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 408, code: 'BAD_REQUEST' });
    expect(headers).toContain('connection: close');
  });

  test('that ends in the middle of a body is nobody’s failure', async () => {
    const socket = await openSocket(server.origin);
    socket.write(`${head('Content-Length: 26')}{"query"`);
    socket.end();
    await readAll(socket);
    expect((await server.ask('{ __typename }')).status).toBe(200);
    expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('requests that are sent ahead on one connection', () => {
  const request = (query: string, token: string) => {
    const body = JSON.stringify({ query });
    const fields = ['Host: localhost', 'Content-Type: application/json', `Authorization: Bearer ${token}`];
    return `POST /graphql HTTP/1.1\r\n${fields.join('\r\n')}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  };

  /** A gate, two requests on a connection of their own, and what has reached the API, where answers are held. */
  async function sendTwo() {
    const held: ServerResponse[] = [];
    const gate = await startGate(() => startScripted((response) => void held.push(response)), { callerConcurrency: 2 });
    onTestFinished(() => gate.stop());
    const socket = await openSocket(gate.server.origin);
    socket.write(request('{ hello }', gate.token) + request('{ hello }', gate.token));
    await vi.waitUntil(() => held.length > 0);
    return { gate, held, socket };
  }

  test('are asked one after the other', async () => {
    const { held, socket } = await sendTwo();
    const read = readUntil(socket, '"second"');
    expect(held).toHaveLength(1);
    sendJson(held[0] as ServerResponse, { data: { hello: 'first' } });
    await vi.waitUntil(() => held.length === 2);
    sendJson(held[1] as ServerResponse, { data: { hello: 'second' } });
    expect(await read).toMatch(/"first".+"second"/s);
    socket.destroy();
  });

  test('leave nothing behind when their caller goes', async () => {
    const { gate, held, socket } = await sendTwo();
    socket.destroy();
    await vi.waitUntil(() => held[0]?.destroyed);
    // Both places are free again.
    const asked = [
      gate.server.ask('{ hello }', { token: gate.token }),
      gate.server.ask('{ hello }', { token: gate.token }),
    ];
    await vi.waitUntil(() => held.length === 3);
    for (const response of held.slice(1)) sendJson(response, { data: { hello: 'world' } });
    expect((await Promise.all(asked)).map(({ status }) => status)).toEqual([200, 200]);
  });
});
