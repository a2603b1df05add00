import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sha256 } from '../../src/graphql/manifest.js';
import { type Gate, startGate } from '../gate.js';
import { type ScriptedUpstream, sendJsonText, startScripted } from '../scripted-upstream.js';
import { openSession } from '../sockets.js';
import { type SocketUpstream, start as startSockets } from '../upstreams/sockets.js';

const sdl = `
  scalar Any
  scalar File
  type Query { give(v: Any, s: Any): Any secret: Any }
  type Mutation { keep(v: Any, s: Any, file: File): Any }
  type Subscription { give(v: Any, s: Any): Any }
`;

// Beyond 2^53, with a fraction of nothing, beyond what a double holds, and texts that only look like such numbers.
const v = '{"big":9007199254740993,"list":[1.0,-0,1e400,0.10]}';
const s = '["number-0123456789abcdef0123456789abcdef:1.0","1.0","\\\\\\"1.0"]';
const written = `{"v":${v},"s":${s}}`;
const all = `{"left":1.0,"v":${v},"s":${s}}`;

let gate: Gate<ScriptedUpstream>;
const answer = '{"data":{"give":1,"keep":1}}';
beforeAll(async () => {
  const start = () =>
    startScripted(
      (response, _body, { headers }) => {
        if (headers.accept !== 'text/event-stream') return sendJsonText(response, answer);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.end('event: next\ndata: {"data":{"give":1}}\n\nevent: complete\ndata:\n\n');
      },
      {
        sdl,
        async onUpload(request, response) {
          for await (const _chunk of request);
          sendJsonText(response, answer);
        },
      },
    );
  gate = await startGate(start, {
    policy: { 'Query.secret': 'denied' },
    upstreamSubscriptions: 'sse',
  });
});
afterAll(() => gate.stop());

async function send(body: BodyInit | undefined, headers: Record<string, string> = {}, search = '') {
  const method = body === undefined ? 'GET' : 'POST';
  const response = await fetch(`${gate.server.url}${search}`, {
    method,
    headers: { authorization: `Bearer ${gate.token}`, ...headers },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  expect(response.status).toBe(200);
  return text;
}

const sendJson = (text: string, headers = {}) => send(text, { 'content-type': 'application/json', ...headers });
const newest = () => gate.upstream.requests.at(-1)?.body ?? '';

const query = 'query ($v: Any, $s: Any) { give(v: $v, s: $s) }';
const json = JSON.stringify(query);
const persisted = (text: string) => `{"persistedQuery":{"version":1,"sha256Hash":"${sha256(text)}"}}`;

async function uploadOne() {
  const form = new FormData();
  const mutation = JSON.stringify('mutation ($v: Any, $s: Any, $file: File) { keep(v: $v, s: $s, file: $file) }');
  form.append('operations', `{"query":${mutation},"variables":{"v":${v},"s":${s},"file":null}}`);
  form.append('map', '{"0":["variables.file"]}');
  form.append('0', new Blob(['x']), 'a.txt');
  await send(form);
}

async function askOverSocket(text: string) {
  const session = await openSession(gate.server, gate.token);
  onTestFinished(() => session.socket.close());
  session.socket.send(`{"id":"1","type":"subscribe","payload":{"query":${JSON.stringify(text)},"variables":${all}}}`);
  await session.receive('complete');
}

describe('the numbers that a caller wrote into the variables arrive as they were', () => {
  test.each([
    ['that goes on as it came', () => sendJson(`{"query":${json},"variables":${written}}`)],
    ['with a variable too many', () => sendJson(`{"query":${json},"variables":${all}}`)],
    ['with a member that nobody knows', () => sendJson(`{"query":${json},"variables":${written},"id":1.0}`)],
    [
      'that names its document',
      () => sendJson(`{"query":${json},"variables":${written},"extensions":${persisted(query)}}`),
    ],
    [
      'for both',
      () => sendJson(`{"query":${JSON.stringify(query.replace('{', '{ viewer { userName }'))},"variables":${all}}`),
    ],
    [
      'of which something is kept back',
      () => sendJson(`{"query":${JSON.stringify(query.replace('{', '{ secret'))},"variables":${all}}`),
    ],
    [
      'with an operation of ours',
      () =>
        sendJson(
          `{"query":${JSON.stringify(`${query.replace('query', 'query A')} query B { viewer { userName } }`)},"operationName":"A","variables":${all}}`,
        ),
    ],
    ['by GET', () => send(undefined, {}, `?${new URLSearchParams({ query, variables: all })}`)],
    ['with a file', uploadOne],
    [
      'whose answer is a stream of events',
      () => sendJson(`{"query":${json},"variables":${all}}`, { accept: 'text/event-stream' }),
    ],
    ['on a WebSocket', () => askOverSocket(query)],
    ['that subscribes to events', () => askOverSocket(query.replace('query', 'subscription'))],
  ])('in a request %s', async (_which, ask) => {
    await ask();
    const body = newest();
    // An upload has its file in the variables, and its body has more than them.
    expect(body).toContain(`"variables":${written.slice(0, -1)}`);
    expect(body).not.toMatch(/number-(?!0123456789abcdef)/);
  });

  test('in the extensions too', async () => {
    await sendJson(
      `{"query":${json},"extensions":{"trace":{"id":9007199254740993},"persistedQuery":{"version":1,"sha256Hash":"${sha256(query)}"}}}`,
    );
    expect(newest()).toContain('"extensions":{"trace":{"id":9007199254740993}}');
  });

  test('in a subscription over a WebSocket of the upstream', async () => {
    const sockets: Gate<SocketUpstream> = await startGate(startSockets);
    onTestFinished(() => sockets.stop());
    const session = await openSession(sockets.server, sockets.token);
    const text = JSON.stringify('subscription ($n: Int!) { ticks(count: $n) }');
    session.socket.send(`{"id":"1","type":"subscribe","payload":{"query":${text},"variables":{"n":2.0,"x":1.0}}}`);
    await session.receive('complete');
    expect(sockets.upstream.messages.filter((message) => message.includes('ticks'))).toEqual([
      `{"id":"1","type":"subscribe","payload":{"query":${text},"operationName":null,"variables":{"n":2.0}}}`,
    ]);
    expect(session.messages.filter(({ type }) => type === 'next')).toHaveLength(2);
    session.socket.close();
  });
});
