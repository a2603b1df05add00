import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Gate, readiness, startGate } from '../gate.js';
import { type Answer, type ScriptedUpstream, sendJson, startScripted } from '../scripted-upstream.js';
import { upstreams } from '../upstreams/index.js';

/** A gate before an upstream that answers as the test has it. */
async function startScriptedGate(answer: Answer, config = {}): Promise<Gate<ScriptedUpstream>> {
  const gate = await startGate(() => startScripted(answer), config);
  onTestFinished(() => gate.stop());
  return gate;
}

const json = { 'content-type': 'application/json' };
const forwarded = '{ hello }';
const split = '{ viewer { userName } echo(text: "x") }';
const splitNonNull = '{ viewer { userName } hello }';
const me = { userName: 'ada@example.com' };

describe.each(upstreams)('when $name is down', ({ start }) => {
  test('a forwarded operation is a 502, a split one has what is ours, and people still sign in', async () => {
    const gate = await startGate(start);
    onTestFinished(() => gate.server.stop());
    await gate.upstream.close();
    const ask = (query: string) => gate.server.ask(query, { token: gate.token });

    const whole = await ask(forwarded);
    expect(whole.status).toBe(502);
    expect(whole.body).toEqual({
      errors: [
        {
          message: 'The API behind this endpoint cannot be reached.',
          extensions: {
            code: 'UPSTREAM_UNAVAILABLE',
            hint: expect.any(String),
            requestId: whole.headers.get('x-request-id'),
          },
        },
      ],
    });

    const part = await ask(split);
    expect({ status: part.status, data: part.body.data }).toEqual({ status: 200, data: { viewer: me, echo: null } });
    expect(part.body.errors).toMatchObject([{ path: ['echo'], extensions: { code: 'UPSTREAM_UNAVAILABLE' } }]);

    const nothing = await ask(splitNonNull);
    expect(nothing.body.data).toBeNull();
    expect(nothing.body.errors).toMatchObject([{ path: ['hello'], extensions: { code: 'UPSTREAM_UNAVAILABLE' } }]);

    const { refreshToken } = await gate.server.signIn('ada@example.com');
    expect((await gate.server.refresh(refreshToken)).body.data.signInRefresh.accessToken).toEqual(expect.any(String));
    expect((await ask('{ viewer { userName } }')).body).toEqual({ data: { viewer: me } });
    expect(await readiness(gate.server)).toMatchObject({ status: 'ready', signIn: true });
  });
});

describe('when the upstream takes longer than upstreamTimeout', () => {
  const upstreamTimeout = 200;
  const silent: Answer = () => undefined;

  test('a forwarded operation is a 504', async () => {
    const gate = await startScriptedGate(silent, { upstreamTimeout });
    const { status, body } = await gate.server.ask(forwarded, { token: gate.token });
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 504, code: 'UPSTREAM_TIMEOUT' });
  });

  test('a split one has what is ours', async () => {
    const gate = await startScriptedGate(silent, { upstreamTimeout });
    const { body } = await gate.server.ask(split, { token: gate.token });
    expect(body.data).toEqual({ viewer: me, echo: null });
    expect(body.errors).toMatchObject([{ path: ['echo'], extensions: { code: 'UPSTREAM_TIMEOUT' } }]);
  });

  test('in the middle of an answer, the connection is cut', async () => {
    const gate = await startScriptedGate((response) => response.writeHead(200, json).write('{"data":'), {
      upstreamTimeout,
    });
    await expect(readWhole(gate)).rejects.toThrow();
  });
});

describe('when the upstream does not answer with GraphQL', () => {
  test('a forwarded operation is a 502, which says when to try again if the upstream has', async () => {
    const gate = await startScriptedGate((response) => {
      response.writeHead(503, { 'content-type': 'text/html', 'retry-after': '7' }).end('<h1>Down for lunch</h1>');
    });
    const { status, headers, body } = await gate.server.ask(forwarded, { token: gate.token });
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 502, code: 'UPSTREAM_INVALID' });
    expect(headers.get('retry-after')).toBe('7');
    expect(JSON.stringify(body)).not.toContain('lunch');
  });

  test.each<[string, Answer]>([
    ['no media type', (response) => void response.end('{"data":{}}')],
    ['a page', (response) => void response.writeHead(200, { 'content-type': 'text/html' }).end('<script>')],
    ['a page that is not there', (response) => void response.writeHead(404, { 'content-type': 'text/html' }).end('?')],
    ['nothing', (response) => void response.writeHead(204).end()],
    ['JSON that is empty', (response) => void response.writeHead(200, json).end()],
    ['JSON that is only space', (response) => void response.writeHead(200, json).end(' \n')],
    ['JSON that is a list', (response) => void response.writeHead(200, json).end('[]')],
    ['JSON that is a page', (response) => void response.writeHead(200, json).end('  <!doctype html>')],
    ['space without end', (response) => void response.writeHead(200, json).end(' '.repeat(100_000))],
    [
      'the way to elsewhere',
      (response) => void response.writeHead(307, { ...json, location: 'http://10.0.0.1/' }).end('{}'),
    ],
  ])('a forwarded operation is a 502 for %s', async (_, answer) => {
    const gate = await startScriptedGate(answer);
    const { status, headers, body } = await gate.server.ask(forwarded, { token: gate.token });
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 502, code: 'UPSTREAM_INVALID' });
    expect(headers.get('location')).toBeNull();
  });

  test.each([
    [406, 'text/plain', 'Not Acceptable'],
    [413, 'text/html', '<h1>Too large</h1>'],
    [400, undefined, ''],
    [429, 'application/json', '["slow down"]'],
  ])('what it has against the request comes back as it is: %i', async (status, type, text) => {
    const gate = await startScriptedGate((response) => {
      response.writeHead(status, type === undefined ? {} : { 'content-type': type }).end(text);
    });
    const response = await post(gate);
    expect([response.status, response.headers.get('content-type') ?? undefined, await response.text()]).toEqual([
      status,
      type,
      text,
    ]);
  });

  test('an answer may begin with space, and come in pieces', async () => {
    const gate = await startScriptedGate((response) => {
      response.writeHead(200, json).write(' \n', () => {
        response.write('\t{"data":', () => response.end('{"hello":"world"}}\r\n'));
      });
    });
    expect(await readWhole(gate)).toBe(' \n\t{"data":{"hello":"world"}}\r\n');
  });

  test.each([
    ['HTML', '<h1>Down for lunch</h1>'],
    ['nothing', ''],
    ['a list', '[]'],
    ['null', 'null'],
    ['another object', '{"hello":"world"}'],
    ['half an answer', '{"data":{"echo":'],
  ])('a split operation has what is ours and UPSTREAM_INVALID for %s', async (_, text) => {
    const gate = await startScriptedGate((response) => void response.end(text));
    const { status, body } = await gate.server.ask(split, { token: gate.token });
    expect({ status, data: body.data }).toEqual({ status: 200, data: { viewer: me, echo: null } });
    expect(body.errors).toMatchObject([{ path: ['echo'], extensions: { code: 'UPSTREAM_INVALID' } }]);
  });
});

describe('when the upstream breaks off', () => {
  test('before its answer, a forwarded operation is a 502', async () => {
    const gate = await startScriptedGate((response) => void response.destroy());
    const { status, body } = await gate.server.ask(forwarded, { token: gate.token });
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 502, code: 'UPSTREAM_UNAVAILABLE' });
  });

  const start = (response: ServerResponse, headers: Record<string, string>) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers });
    response.write('{"data":{"hello":"wor', () => response.destroy());
  };

  test.each([
    ['with a length', { 'content-length': '26' }],
    ['in chunks', {}],
  ])('in the middle of an answer %s, the connection of the caller is cut', async (_, headers) => {
    const gate = await startScriptedGate((response) => start(response, headers));
    await expect(readWhole(gate)).rejects.toThrow();
  });

  test('in the middle of its part, a split operation has what is ours', async () => {
    const gate = await startScriptedGate((response) => start(response, {}));
    const { body } = await gate.server.ask(split, { token: gate.token });
    expect(body.data).toEqual({ viewer: me, echo: null });
    expect(body.errors).toMatchObject([{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }]);
  });
});

describe('when the caller goes away', () => {
  test.each([
    ['before the answer', false],
    ['in the middle of it', true],
  ])('%s, the upstream is told so, and the log', async (_, hasBegun) => {
    const gone = vi.fn();
    const gate = await startScriptedGate((response) => {
      response.on('close', gone);
      if (hasBegun) response.writeHead(200, json).write('{"data":');
    });
    const caller = new AbortController();
    const answer = post(gate, caller.signal);
    answer.catch(() => undefined);
    await vi.waitUntil(() => gate.upstream.requests.some(({ body }) => body.includes('hello')));
    if (hasBegun) await answer;
    expect(gone).not.toHaveBeenCalled();
    caller.abort();
    await vi.waitUntil(() => gone.mock.calls.length === 1);
    const unfinished = { fields: expect.objectContaining({ kind: 'upstream', completed: false }) };
    await vi.waitFor(() => expect(gate.server.log.lines).toContainEqual(expect.objectContaining(unfinished)));
  });

  test('the next one is served', async () => {
    let calls = 0;
    const gate = await startScriptedGate((response) => {
      if (calls++ > 0) sendJson(response, { data: { hello: 'world' } });
    });
    const caller = new AbortController();
    const answer = post(gate, caller.signal);
    answer.catch(() => undefined);
    await vi.waitUntil(() => calls === 1);
    caller.abort();
    expect((await gate.server.ask(forwarded, { token: gate.token })).body).toEqual({ data: { hello: 'world' } });
  });
});

describe('an answer of the upstream', () => {
  test('of 8 MB comes through whole', async () => {
    const text = JSON.stringify({ data: { hello: randomBytes(4_000_000).toString('hex') } });
    const gate = await startScriptedGate((response) => void response.writeHead(200, json).end(text));
    const answer = await (await post(gate)).text();
    expect([answer.length, sha256(answer)]).toEqual([text.length, sha256(text)]);
  });

  test('goes no faster than its reader reads', async () => {
    const size = 128 * 1024 * 1024;
    const chunk = Buffer.alloc(64 * 1024, '{');
    let written = 0;
    const gate = await startScriptedGate(async (response) => {
      response.writeHead(200, { ...json, 'content-length': size });
      for (; written < size; written += chunk.length) if (!response.write(chunk)) await once(response, 'drain');
      response.end();
    });
    const response = await post(gate);
    // It has come to a stop when nothing is written for half a second; the reader has read nothing yet.
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    // What the sockets of the system hold: at most some megabytes on each of two connections.
    expect(written).toBeLessThan(size / 4);
    let read = 0;
    for await (const part of response.body ?? []) read += part.length;
    expect(read).toBe(size);
  });

  test('keeps its coding and its headers, but for those that are ours to give', async () => {
    const gate = await startScriptedGate((response) => {
      response.writeHead(200, [
        ...[
          'content-type',
          'application/json',
          'content-encoding',
          'gzip',
          'etag',
          '"1"',
          'vary',
          'x-a',
          'vary',
          'x-b',
        ],
        ...['set-cookie', 'a=1', 'set-cookie', 'b=2', 'access-control-allow-origin', '*', 'x-request-id', 'theirs'],
        ...['access-control-allow-credentials', 'true', 'keep-alive', 'timeout=1', 'x-content-type-options', 'sniff'],
      ]);
      response.end(gzipSync('{"data":{"hello":"packed"}}'));
    });
    const response = await post(gate);
    expect(await response.json()).toEqual({ data: { hello: 'packed' } });
    const { date, 'x-request-id': id, ...headers } = Object.fromEntries(response.headers);
    expect(headers).toEqual({
      connection: 'keep-alive',
      'content-encoding': 'gzip',
      'content-type': 'application/json',
      etag: '"1"',
      'keep-alive': 'timeout=65',
      'transfer-encoding': 'chunked',
      vary: 'x-a, x-b',
      'x-content-type-options': 'nosniff',
    });
    expect(id).not.toBe('theirs');
  });

  test('may say that it comes before it does', async () => {
    const gate = await startScriptedGate((response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a>; rel=preload' });
      sendJson(response, { data: { hello: 'after all' } });
    });
    expect((await gate.server.ask(forwarded, { token: gate.token })).body).toEqual({ data: { hello: 'after all' } });
  });
});

function post({ server, token }: Gate<unknown>, signal?: AbortSignal): Promise<Response> {
  return fetch(server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: forwarded }),
    ...(signal && { signal }),
  });
}

async function readWhole(gate: Gate<unknown>): Promise<string> {
  return (await post(gate)).text();
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
