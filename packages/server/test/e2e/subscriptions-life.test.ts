import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { loadConfig } from '../../src/config/load.js';
import type { Config } from '../../src/config/schema.js';
import { disableUser } from '../../src/domain/accounts/disable-user.js';
import { openDomain } from '../../src/main.js';
import { type Gate, startGate } from '../gate.js';
import { openSocket, parseRaw } from '../raw.js';
import { openSession, subscribe } from '../sockets.js';
import { overEvents, overSocket } from '../subscribers.js';
import { subscribed } from '../upstreams/schema.js';
import { type SocketUpstream, start } from '../upstreams/sockets.js';

const ticks = 'subscription { ticks(count: 100000) }';
const signOut = 'mutation { signOut { sessionsEnded } }';

let gate: Gate<SocketUpstream>;
beforeAll(async () => {
  gate = await startGate(start, { corsOrigins: ['https://app.example'], subscriptionKeepAlive: 150 });
});
afterAll(() => gate.stop());

async function ownGate(config: Partial<Config>): Promise<Gate<SocketUpstream>> {
  const own = await startGate(start, config);
  onTestFinished(() => own.stop());
  return own;
}

/** One stream of each kind that runs. */
async function bothRunning({ server, token }: Gate<SocketUpstream>) {
  const socket = overSocket(server, token).subscribe(ticks);
  const events = overEvents(server, token).subscribe(ticks);
  await expect.poll(() => socket.events.length > 0 && events.events.length > 0).toBe(true);
  return { socket, events };
}

async function expectRevoked({ socket, events }: Awaited<ReturnType<typeof bothRunning>>): Promise<void> {
  expect(await socket.ended).toMatchObject({ code: 4401, reason: 'TOKEN_REVOKED' });
  await events.ended;
  expect(events.events.at(-1).errors[0].extensions.code).toBe('TOKEN_REVOKED');
}

describe('streams end', () => {
  test('when another process disables their user', async () => {
    const own = await ownGate({});
    const running = await bothRunning(own);
    const { domain, close } = await openDomain({ ...loadConfig({}), data: own.server.data }, own.server);
    await disableUser(domain, 'ada@example.com');
    await close();
    await expectRevoked(running);
  });

  test('when only the store knows that their session has ended, and those of others go on', async () => {
    const own = await ownGate({ revocationLimit: 0 });
    const running = await bothRunning(own);
    const { accessToken } = await own.server.signIn('ada@example.com');
    const other = overSocket(own.server, accessToken).subscribe(ticks);
    await own.server.ask(signOut, { token: own.token });
    await expectRevoked(running);
    const seen = other.events.length;
    await expect.poll(() => other.events.length).toBeGreaterThan(seen + 10);
    other.stop();
    await expect.poll(() => subscribed.count).toBe(0);
  });

  test('with the answer to the operation that ended their session', async () => {
    const own = await ownGate({});
    const { send, receive, closed } = await openSession(own.server, own.token);
    send(subscribe('out', signOut));
    expect((await receive('next')).payload).toEqual({ data: { signOut: { sessionsEnded: 1 } } });
    expect(await closed).toEqual({ code: 4401, reason: 'TOKEN_REVOKED' });
  });
});

describe('a peer', () => {
  test('that is silent but there stays for as long as it likes', async () => {
    const { socket, send, messages } = await openSession(gate.server, gate.token);
    let pings = 0;
    socket.on('ping', () => pings++);
    await expect.poll(() => pings).toBeGreaterThan(3);
    send(subscribe('a', '{ hello }'));
    await expect.poll(() => messages.length).toBe(3);
    socket.terminate();
  });

  test('that answers no ping is cut off', async () => {
    const socket = new WebSocket(gate.server.url.replace('http', 'ws'), 'graphql-transport-ws', { autoPong: false });
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    const [code] = await once(socket, 'close');
    expect(code).toBe(1006);
  });

  test('that listens to events gets a comment now and then while there are none', async () => {
    const { response, text } = await stream('subscription { ticks(count: 1, everyMs: 700) }');
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('cache-control')).toContain('no-store');
    const whole = await text;
    expect(whole.match(/^:$/gm)?.length).toBeGreaterThan(3);
    expect(whole).toMatch(/event: next\ndata: \{"data":\{"ticks":1\}\}\n\nevent: complete\ndata: \n\n$/);
  });

  test('that goes away while it listens takes its subscription with it', async () => {
    const leaving = new AbortController();
    await stream(ticks, {}, leaving.signal);
    await expect.poll(() => subscribed.count).toBe(1);
    leaving.abort();
    await expect.poll(() => subscribed.count).toBe(0);
    expect(gate.server.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('may offer HTTP/2 with each of many requests on one connection', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    onTestFinished(() => void process.off('warning', note));
    const socket = await openSocket(gate.server.origin);
    for (let i = 0; i < 25; i++) {
      socket.write(
        'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: \r\n\r\n',
      );
      const [bytes] = await once(socket, 'data');
      expect(parseRaw(String(bytes)).body).toEqual({ status: 'alive' });
    }
    socket.destroy();
    expect(warnings).toEqual([]);
  });
});

describe('server-sent events are sent', () => {
  test('for a subscription by GET, and not for a mutation', async () => {
    const url = (query: string) => `${gate.server.url}?query=${encodeURIComponent(query)}`;
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${gate.token}` };
    const answer = await fetch(url('subscription { ticks(count: 2) }'), { headers });
    expect(await answer.text()).toContain('data: {"data":{"ticks":2}}');
    expect((await fetch(url('mutation { addWidget(name: "x") { id } }'), { headers })).status).toBe(405);
  });

  test('for a subscription if they are accepted at all, for anything else if nothing but them is', async () => {
    const all = 'application/graphql-response+json, application/json, text/event-stream, multipart/mixed';
    const typeOf = async (query: string, accept: string) => {
      const { response, text } = await stream(query, { accept });
      await text;
      return response.headers.get('content-type')?.split(';')[0];
    };
    expect(await typeOf('subscription { ticks(count: 1) }', all)).toBe('text/event-stream');
    expect(await typeOf('{ hello }', 'text/event-stream')).toBe('text/event-stream');
    expect(await typeOf('{ viewer { id } }', all)).toBe('application/graphql-response+json');
    expect(await typeOf('{ hello }', all)).toMatch(/json$/);
    expect(await typeOf('{ hello }', 'text/event-stream;q=0, application/json')).toMatch(/json$/);
  });

  test('to pages of the origins on the list, and to no others', async () => {
    const allowed = await stream('{ hello }', { origin: 'https://app.example' });
    expect(allowed.response.headers.get('access-control-allow-origin')).toBe('https://app.example');
    await allowed.text;
    expect((await stream('{ hello }', { origin: 'https://evil.example' })).response.status).toBe(403);
  });

  test('after nothing that is refused: that has its status, its challenge and its body', async () => {
    const { response, text } = await stream(ticks, { authorization: 'Bearer x' });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('error="invalid_token"');
    expect(JSON.parse(await text).errors[0].extensions.code).toBe('UNAUTHENTICATED');
    const introspecting = await stream('subscription { __typename }');
    expect(introspecting.response.status).toBe(400);
  });
});

async function stream(query: string, headers: Record<string, string> = {}, signal?: AbortSignal) {
  const response = await fetch(gate.server.url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'text/event-stream',
      authorization: `Bearer ${gate.token}`,
      ...headers,
    },
    body: JSON.stringify({ query }),
    ...(signal && { signal }),
  });
  return { response, text: signal ? Promise.resolve('') : response.text() };
}
