import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { openSocket, parseRaw, readUntil } from '../raw.js';
import { type Answer, type ScriptedUpstream, startScripted } from '../scripted-upstream.js';

async function startScriptedGate(answer: Answer, config = {}): Promise<Gate<ScriptedUpstream>> {
  const gate = await startGate(() => startScripted(answer), config);
  onTestFinished(() => gate.stop());
  return gate;
}

function post({ server, token }: Gate<unknown>, headers: Record<string, string> = {}, query = '{ hello }') {
  return fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
    body: JSON.stringify({ query }),
  });
}

/** The connection of a caller who has asked `{ hello }` and reads for themselves. */
async function ask({ server, token }: Gate<unknown>) {
  const socket = await openSocket(server.origin);
  const body = '{"query":"{ hello }"}';
  socket.write(
    `POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAuthorization: Bearer ${token}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  return socket;
}

describe('an answer in parts', () => {
  const part = (json: object) => `\r\n---\r\nContent-Type: application/json\r\n\r\n${JSON.stringify(json)}`;
  const parts = [
    part({ data: { hello: null }, hasNext: true }),
    part({ incremental: [{ path: [], data: { slow: 'now' } }], hasNext: true }),
    `${part({ hasNext: false })}\r\n-----\r\n`,
  ];
  const events = [
    'event: next\ndata: {"data":{"hello":"one"}}\n\n',
    ':\n\n',
    'event: next\ndata: {"data":{"hello":"two"}}\n\n',
    'event: complete\n\n',
  ];

  test.each([
    ['multipart/mixed; boundary="-"; deferSpec=20220824', parts],
    // Whoever takes nothing but events is answered with Latchkey's own.
    ['text/event-stream', events, 'text/event-stream, application/json;q=0.9'],
  ])('comes part by part, each before the next is there: %s', async (type, pieces, accept = type) => {
    let response: ServerResponse | undefined;
    const gate = await startScriptedGate((answering) => {
      response = answering;
      answering.writeHead(200, { 'content-type': type });
      answering.flushHeaders();
    });
    // The head comes before there is anything behind it.
    const answer = await post(gate, { accept });
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, type]);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    for (const piece of pieces) {
      response?.write(piece);
      expect((await reader?.read())?.value).toBe(piece);
    }
    response?.end();
    expect((await reader?.read())?.done).toBe(true);
    expect(gate.upstream.requests.at(-1)?.headers.accept).toBe(accept);
  });

  test('ends at the upstream when its reader goes away', async () => {
    const closed = vi.fn();
    const gate = await startScriptedGate((response) => {
      response.on('close', closed);
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
    });
    const socket = await ask(gate);
    await readUntil(socket, ':\n\n');
    socket.destroy();
    await vi.waitUntil(() => closed.mock.calls.length > 0);
  });
});

describe('a compressed answer', () => {
  const text = JSON.stringify({ data: { hello: 'packed '.repeat(1_000) } });

  test.each([
    ['gzip', gzipSync(text)],
    ['br', brotliCompressSync(text)],
  ])('comes back as the bytes that it is: %s', async (coding, bytes) => {
    const gate = await startScriptedGate((response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-encoding': coding,
        'content-length': bytes.length,
      });
      response.end(bytes);
    });
    const socket = await ask(gate);
    const chunks: Buffer[] = [];
    for await (const chunk of socket) {
      chunks.push(chunk);
      const all = Buffer.concat(chunks);
      const start = all.indexOf('\r\n\r\n') + 4;
      if (start >= 4 && all.length - start >= bytes.length) {
        expect(parseRaw(all.toString('latin1')).headers).toContain(`content-encoding: ${coding}`);
        expect(all.subarray(start).equals(bytes)).toBe(true);
        break;
      }
    }
    const { headers } = gate.upstream.requests.at(-1) ?? {};
    expect(headers).not.toHaveProperty('accept-encoding');
    await (await post(gate, { 'accept-encoding': coding })).arrayBuffer();
    expect(gate.upstream.requests.at(-1)?.headers['accept-encoding']).toBe(coding);
  });
});

describe('a large answer', () => {
  test.each([
    ['with its length', true],
    ['in chunks', false],
  ])('is the same bytes, also those of no encoding, %s', async (_, hasLength) => {
    for (const size of [10, 16_383, 16_384, 16_385, 70_000, 3_000_000]) {
      const bytes = Buffer.concat([Buffer.from('{'), randomBytes(size), Buffer.from('}')]);
      const gate = await startScriptedGate((response) => {
        response.writeHead(200, {
          'content-type': 'application/json',
          ...(hasLength && { 'content-length': bytes.length }),
        });
        response.end(bytes);
      });
      const answer = Buffer.from(await (await post(gate)).arrayBuffer());
      expect(createHash('sha256').update(answer).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  test('of a gigabyte flows through, and leaves the memory flat', async () => {
    const size = 1024 * 1024 * 1024;
    const chunk = Buffer.alloc(1024 * 1024, '{');
    const gate = await startScriptedGate(async (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': size });
      for (let sent = 0; sent < size && !response.destroyed; sent += chunk.length) {
        if (!response.write(chunk)) await once(response, 'drain');
      }
      response.end();
    });
    const answer = await post(gate);
    let read = 0;
    let most = 0;
    const before = memory();
    for await (const piece of answer.body ?? []) {
      if (Math.floor((read + piece.length) / (128 << 20)) > Math.floor(read / (128 << 20))) {
        most = Math.max(most, memory() - before);
      }
      read += piece.length;
    }
    expect(read).toBe(size);
    expect(most).toBeLessThan(64 * 1024 * 1024);
  }, 60_000);

  test('that would have to be read whole is cut at 64 MiB', async () => {
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    const seen = { isCut: false, sent: 0 };
    const gate = await startScriptedGate(async (response) => {
      response.on('close', () => {
        seen.isCut = true;
      });
      response.writeHead(200, { 'content-type': 'application/json' });
      for (; seen.sent < 1024 && !seen.isCut; seen.sent++) {
        // Into the next turn: what has been closed is heard of there.
        await new Promise((resolve) => response.write(chunk, () => setImmediate(resolve)));
      }
    });
    const { body } = await gate.server.ask('{ viewer { userName } echo(text: "x") }', { token: gate.token });
    expect(body.data).toEqual({ viewer: { userName: 'ada@example.com' }, echo: null });
    expect(body.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_INVALID' } }]);
    await vi.waitUntil(() => seen.isCut);
    expect(seen.sent).toBeLessThan(128);
  });
});

describe('a caller who goes away', () => {
  test('ends the upstream’s work also where it has a part of the operation', async () => {
    const closed = vi.fn();
    const gate = await startScriptedGate((response) => {
      response.on('close', closed);
    });
    const caller = new AbortController();
    const { server, token } = gate;
    const asked = fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: '{ viewer { userName } hello }' }),
      signal: caller.signal,
    });
    asked.catch(() => undefined);
    await vi.waitUntil(() =>
      gate.upstream.requests.some(({ body }) => body.includes('hello') && !body.includes('__schema')),
    );
    expect(closed).not.toHaveBeenCalled();
    caller.abort();
    await vi.waitUntil(() => closed.mock.calls.length === 1);
    expect(server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('the upstream’s part of an operation', () => {
  test('has to be there whole within upstreamTimeout, however it drips', async () => {
    const gate = await startScriptedGate(
      (response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        const drip = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(drip));
      },
      { upstreamTimeout: 400 },
    );
    const { body } = await gate.server.ask('{ viewer { userName } echo(text: "x") }', { token: gate.token });
    expect(body.errors).toMatchObject([{ path: ['echo'], extensions: { code: 'UPSTREAM_TIMEOUT' } }]);
  });
});

/** Bytes in use after all that can be freed was. */
function memory(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  // Newer versions of Node free the bytes of buffers that the first has found by the second only: 90 MB, then 2.
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
