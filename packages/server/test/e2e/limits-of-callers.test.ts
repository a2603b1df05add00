import type { ServerResponse } from 'node:http';
import { request } from 'node:http';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Config } from '../../src/config/schema.js';
import { startGate } from '../gate.js';
import { password, startTestServer } from '../harness.js';
import { sendJson, startScripted } from '../scripted-upstream.js';
import { openSession, subscribe } from '../sockets.js';
import { overSocket } from '../subscribers.js';
import { start as startSockets } from '../upstreams/sockets.js';

/** Requests per second: so few that none comes back while a test runs, however long that takes. */
const slow = 0.001;

/** A gate before an upstream that answers when the test says so. */
async function startHeld(config: Partial<Config>) {
  const held: ServerResponse[] = [];
  const gate = await startGate(() => startScripted((response) => void held.push(response)), config);
  onTestFinished(() => gate.stop());
  const ask = (query = '{ hello }') => gate.server.ask(query, { token: gate.token });
  return {
    ...gate,
    ask,
    /** Resolves when that many requests wait at the upstream. */
    arrived: (count: number) => vi.waitUntil(() => held.length === count),
    answerAll() {
      for (const response of held.splice(0)) sendJson(response, { data: { hello: 'world' } });
    },
  };
}

async function start(config: Partial<Config>) {
  const server = await startTestServer(config);
  onTestFinished(() => server.stop());
  await server.addUser('ada@example.com');
  return server;
}

const codeOf = ({ body }: { body: { errors?: { extensions: { code: string } }[] } }) =>
  body.errors?.[0]?.extensions.code;

describe('a caller who sends too fast', () => {
  test('is told to wait, in the answer and in its header, and others are not', async () => {
    const server = await start({ callerRate: slow, callerBurst: 4 });
    await server.addUser('bob@example.com');
    const [ada, bob] = [await server.signIn('ada@example.com'), await server.signIn('bob@example.com')];
    const ask = (token: string) => server.ask('{ viewer { userName } }', { token });
    for (let i = 0; i < 4; i++) expect((await ask(ada.accessToken)).status).toBe(200);
    const { status, headers, body } = await ask(ada.accessToken);
    expect(status).toBe(429);
    expect(body).not.toHaveProperty('data');
    expect(body.errors[0].extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfter: expect.any(Number) });
    expect(headers.get('retry-after')).toBe(String(body.errors[0].extensions.retryAfter));
    expect(body.errors[0].extensions.retryAfter).toBeGreaterThan(900);
    expect((await ask(bob.accessToken)).status).toBe(200);
    const metrics = await (await fetch(`${server.origin}/metrics`)).text();
    expect(metrics).toContain('latchkey_operations_total{kind="refused",code="RATE_LIMITED"} 1');
  });

  test('is one by all of their tokens', async () => {
    const server = await start({ callerRate: slow, callerBurst: 5 });
    const tokens = [await server.signIn('ada@example.com'), await server.signIn('ada@example.com')];
    const answers: number[] = [];
    for (let i = 0; i < 6; i++) {
      answers.push((await server.ask('{ viewer { id } }', { token: tokens[i % 2]?.accessToken ?? '' })).status);
    }
    expect(answers).toEqual([200, 200, 200, 200, 200, 429]);
  });

  test('is their network where nobody knows who they are: an address, or a /64 of IPv6', async () => {
    const server = await start({ callerRate: slow, callerBurst: 2, trustedProxies: ['127.0.0.1'] });
    const from = async (address: string) =>
      (await server.ask('{ __typename }', { headers: { 'x-forwarded-for': address } })).status;
    expect([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.1')]).toEqual([200, 200, 429]);
    expect(await from('192.0.2.2')).toBe(200);
    expect([await from('2001:db8::1'), await from('2001:db8::2'), await from('2001:db8::ffff:3')]).toEqual([
      200, 200, 429,
    ]);
    expect(await from('2001:db8:0:1::1')).toBe(200);
  });

  test('cannot try more credentials, also not with a token of their own', async () => {
    const server = await start({ callerRate: slow, callerBurst: 3 });
    const { accessToken } = await server.signIn('ada@example.com');
    const attempt = (word: string) =>
      server.ask(
        `mutation { signIn(credentials: { userName: "eve@example.com", password: "${word}" }) { scope } signOut { sessionsEnded } }`,
        { token: accessToken },
      );
    expect(codeOf(await attempt('a'))).toBe('INVALID_CREDENTIALS');
    expect(codeOf(await server.ask('{ __typename }'))).toBeUndefined();
    const codes = [
      codeOf(await attempt('b')),
      codeOf(
        await server.ask(`mutation { signIn(credentials: { userName: "a", password: "${password}" }) { scope } }`),
      ),
    ];
    expect(codes).toContain('RATE_LIMITED');
  });

  test('pays for what is refused for its cost, and not for what was never theirs', async () => {
    const { ask, server, arrived, answerAll } = await startHeld({
      callerRate: slow,
      callerBurst: 2,
      documentMaxCost: 5,
    });
    const answers: number[] = [];
    for (let i = 0; i < 4; i++) answers.push((await server.ask('{ hello }', { token: 'garbage' })).status);
    // For the network, which has signed in once; who has a good token goes on.
    expect(answers).toEqual([401, 429, 429, 429]);
    const costly = 'query ($n: Int = 100) { widgets(first: $n) { id } }';
    expect(codeOf(await ask(costly))).toBe('DOCUMENT_TOO_COSTLY');
    const good = ask();
    await arrived(1);
    answerAll();
    expect((await good).status).toBe(200);
    expect(codeOf(await ask(costly))).toBe('RATE_LIMITED');
  });
});

describe('what is refused before it is known who asks', () => {
  const refused = {
    'a document that is none': { body: '{"query":"{"}', code: 'GRAPHQL_PARSE_FAILED' },
    'a body that is no JSON': { body: '{', code: 'BAD_REQUEST' },
    'a field without a token': { body: '{"query":"{ viewer { id } }"}', code: 'UNAUTHENTICATED' },
  };

  test.each(Object.entries(refused))('counts for its network: %s', async (_, { body, code }) => {
    const server = await start({ callerRate: slow, callerBurst: 2 });
    const send = async () => {
      const response = await fetch(server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      return (await response.json()).errors[0].extensions.code;
    };
    expect([await send(), await send(), await send(), await send()]).toEqual([
      code,
      code,
      'RATE_LIMITED',
      'RATE_LIMITED',
    ]);
  });

  test('counts for its network on a WebSocket too', async () => {
    const server = await start({ callerRate: slow, callerBurst: 3 });
    const subscriber = overSocket(server);
    onTestFinished(() => subscriber.dispose());
    const code = async () => (await subscriber.subscribe('{').ended)[0].extensions.code;
    // Each opens a connection of its own, which costs one as well.
    expect([await code(), await code()]).toEqual(['GRAPHQL_PARSE_FAILED', 'RATE_LIMITED']);
  });

  test('but not what fails after a caller with a token was let in', async () => {
    const gate = await startGate(startSockets, { callerRate: slow, callerBurst: 3 });
    onTestFinished(() => gate.stop());
    const { socket, send, messages } = await openSession(gate.server, gate.token);
    onTestFinished(() => socket.terminate());
    // The network has signed in and opened the connection: one is left.
    for (const id of ['a', 'b', 'c']) send(subscribe(id, 'subscription { nothingOfTheKind }'));
    const errors = () => messages.filter(({ type }) => type === 'error');
    await vi.waitUntil(() => errors().length === 3);
    for (const error of errors()) expect(JSON.stringify(error)).toContain('nothingOfTheKind');
    expect((await gate.server.ask('{ __typename }')).status).toBe(200);
  });

  test('still ends its connection where the body was too large to be read', async () => {
    const server = await start({ callerRate: slow, callerBurst: 1, bodyLimit: 1_024 });
    const send = () =>
      fetch(server.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: ' '.repeat(2_048) }),
      });
    for (let i = 0; i < 3; i++) {
      const { status, headers } = await send();
      expect([status, headers.get('connection')]).toEqual([413, 'close']);
    }
  });
});

describe('a caller who has too much in work', () => {
  test('is refused until something is answered', async () => {
    const { ask, arrived, answerAll } = await startHeld({ callerConcurrency: 2 });
    const first = [ask(), ask('{ hello viewer { id } }')];
    await arrived(2);
    const refused = await ask();
    expect([refused.status, codeOf(refused), refused.headers.get('retry-after')]).toEqual([
      429,
      'TOO_MANY_AT_ONCE',
      '1',
    ]);
    expect((await ask('{ viewer { id } }')).status).toBe(429);
    answerAll();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await ask('{ viewer { id } }')).status).toBe(200);
  });

  test('gets their place back when they go away, and when the upstream fails', async () => {
    const { ask, server, token, arrived, upstream } = await startHeld({ callerConcurrency: 1 });
    const sent = request(server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    });
    sent.on('error', () => undefined);
    sent.end(JSON.stringify({ query: '{ hello }' }));
    await arrived(1);
    expect(codeOf(await ask('{ viewer { id } }'))).toBe('TOO_MANY_AT_ONCE');
    sent.destroy();
    await vi.waitUntil(async () => (await ask('{ viewer { id } }')).status === 200);
    await upstream.close();
    for (let i = 0; i < 3; i++) expect(codeOf(await ask())).toBe('UPSTREAM_UNAVAILABLE');
    expect((await ask('{ viewer { id } }')).status).toBe(200);
  });

  test('gets their place back after every kind of refusal', async () => {
    const server = await start({ callerConcurrency: 1 });
    const { accessToken: token } = await server.signIn('ada@example.com');
    for (const query of ['{ viewer { nope } }', 'query ($x: Boolean!) { viewer @skip(if: $x) { id } }', '{']) {
      for (let i = 0; i < 3; i++) expect(codeOf(await server.ask(query, { token }))).toMatch(/^(GRAPHQL|BAD)_/);
    }
    expect((await server.ask('{ viewer { id } }', { token })).status).toBe(200);
  });
});
