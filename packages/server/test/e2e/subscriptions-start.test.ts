import { describe, expect, onTestFinished, test } from 'vitest';
import type { Config } from '../../src/config/schema.js';
import { startTestServer, type TestServer } from '../harness.js';
import { startRelay } from '../relay.js';
import { openSession, subscribe, type TestSocket } from '../sockets.js';
import { overEvents } from '../subscribers.js';
import { subscribed } from '../upstreams/schema.js';
import { type SocketUpstream, start } from '../upstreams/sockets.js';

const ticks = 'subscription { ticks(count: 2) }';
const endless = 'subscription { ticks(count: 100000) }';
const complete = (id: string) => ({ id, type: 'complete' });

interface Started {
  readonly server: TestServer;
  readonly upstream: SocketUpstream;
  readonly token: string;
  readonly socket: TestSocket;
  /** Lets the upstream hear what it was asked, its schema first. */
  thaw(): void;
}

/** A server that has just started, before an upstream that does not answer yet, and a caller's WebSocket. */
async function startFrozen(config: Partial<Config> = {}): Promise<Started> {
  const upstream = await start();
  onTestFinished(() => upstream.close());
  const { url, freeze, thaw } = await startRelay(upstream.url);
  freeze();
  const started = await startTestServer({ upstream: url, ...config });
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= started.stop();
    return stopped;
  };
  const server = { ...started, stop };
  onTestFinished(stop);
  await server.addUser('ada@example.com');
  const { accessToken: token } = await server.signIn('ada@example.com');
  const socket = await openSession(server, token);
  return { server, upstream, token, socket, thaw };
}

/** Sends messages and resolves when they have been heard. */
async function tell({ send, receive }: TestSocket, ...messages: object[]): Promise<void> {
  send(...messages, { type: 'ping' });
  await receive('pong');
}

/** What was said of an operation: the payloads of its answers, the codes of its errors, its end. */
function toldOf({ messages }: TestSocket, wanted: string): unknown[] {
  return messages
    .filter(({ id }) => id === wanted)
    .map(({ type, payload }) => {
      if (type === 'error') return payload[0].extensions.code;
      return type === 'next' ? payload.data : type;
    });
}

async function operations({ origin }: TestServer): Promise<number> {
  const text = await (await fetch(`${origin}/metrics`)).text();
  return Number(/^latchkey_stream_operations (\d+)$/m.exec(text)?.[1]);
}

describe('what is asked for on a WebSocket before the schema of the upstream is known', () => {
  test('waits for it, and is answered then', async () => {
    const { socket, thaw, server } = await startFrozen();
    const query = '{ viewer { userName } hello }';
    await tell(socket, subscribe('a', ticks), subscribe('b', '{ hello }'), subscribe('c', query));
    expect(['a', 'b', 'c'].flatMap((id) => toldOf(socket, id))).toEqual([]);
    thaw();
    await expect.poll(() => toldOf(socket, 'a')).toEqual([{ ticks: 1 }, { ticks: 2 }, 'complete']);
    await expect.poll(() => toldOf(socket, 'b')).toEqual([{ hello: 'world' }, 'complete']);
    const both = { viewer: { userName: 'ada@example.com' }, hello: 'world' };
    await expect.poll(() => toldOf(socket, 'c')).toEqual([both, 'complete']);
    await expect.poll(() => operations(server)).toBe(0);
  });

  test('waits as an event stream, too, by POST and by GET', async () => {
    const { server, token, thaw } = await startFrozen();
    const posted = overEvents(server, token).subscribe(ticks);
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
    const got = fetch(`${server.url}?query=${encodeURIComponent(ticks)}`, { headers });
    thaw();
    expect(await posted.ended).toBeUndefined();
    expect(posted.events).toEqual([{ data: { ticks: 1 } }, { data: { ticks: 2 } }]);
    expect(await (await got).text()).toContain('data: {"data":{"ticks":2}}');
  });

  test('does not wait if it is for us alone', async () => {
    const { socket } = await startFrozen();
    socket.send(subscribe('a', endless), subscribe('own', '{ viewer { userName } }'));
    await expect.poll(() => toldOf(socket, 'own').at(-1)).toBe('complete');
    expect(toldOf(socket, 'a')).toEqual([]);
  });

  test('is judged by it', async () => {
    const policy: Config['policy'] = { 'Subscription.ticks': { scopes: [['ticks']] }, 'Query.hello': 'public' };
    const { server, socket, thaw, upstream } = await startFrozen({ policy });
    const nobody = await openSession(server);
    await tell(socket, subscribe('a', ticks));
    await tell(nobody, subscribe('b', '{ hello }'), subscribe('c', '{ headers { name } }'));
    thaw();
    await expect.poll(() => toldOf(socket, 'a')).toEqual(['INSUFFICIENT_SCOPE']);
    await expect.poll(() => toldOf(nobody, 'b')).toEqual([{ hello: 'world' }, 'complete']);
    await expect.poll(() => toldOf(nobody, 'c')).toEqual(['UNAUTHENTICATED']);
    expect(upstream.messages).toEqual([]);
  });

  test('is never sent to the upstream if its caller ends it meanwhile, and its id is free', async () => {
    const { server, socket, thaw, upstream } = await startFrozen();
    await tell(socket, subscribe('a', endless), complete('a'), subscribe('a', ticks));
    expect(await operations(server)).toBe(2);
    thaw();
    await expect.poll(() => toldOf(socket, 'a')).toEqual([{ ticks: 1 }, { ticks: 2 }, 'complete']);
    expect(upstream.messages.join()).not.toContain('100000');
    await expect.poll(() => operations(server)).toBe(0);
  });

  test('is gone when its caller has gone', async () => {
    const { server, socket, thaw, upstream } = await startFrozen();
    await tell(socket, subscribe('a', endless));
    socket.socket.terminate();
    thaw();
    await expect.poll(() => operations(server)).toBe(0);
    expect({ running: subscribed.count, sent: upstream.messages }).toEqual({ running: 0, sent: [] });
  });

  test('takes its id', async () => {
    const { server, socket, thaw, upstream } = await startFrozen();
    socket.send(subscribe('a', endless), subscribe('a', endless));
    expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber already exists' });
    thaw();
    await expect.poll(() => operations(server)).toBe(0);
    expect(upstream.messages).toEqual([]);
  });

  test('counts among what its caller has running', async () => {
    const { socket, thaw } = await startFrozen({ subscriptionsPerCaller: 2 });
    await tell(socket, subscribe('a', endless), subscribe('b', ticks), subscribe('c', ticks));
    expect(toldOf(socket, 'c')).toEqual(['TOO_MANY_SUBSCRIPTIONS']);
    thaw();
    await expect.poll(() => toldOf(socket, 'b').at(-1)).toBe('complete');
    socket.socket.terminate();
  });

  test.each([
    ['TOKEN_EXPIRED', async ({ server }: Started) => server.clock.advance(3_600_000)],
    [
      'TOKEN_REVOKED',
      async ({ server, token }: Started) =>
        void (await server.ask('mutation { signOut { sessionsEnded } }', { token })),
    ],
  ])('is not run when its token is good no more: %s', async (reason, end) => {
    const started = await startFrozen();
    await tell(started.socket, subscribe('a', endless), subscribe('b', '{ hello }'));
    await end(started);
    started.thaw();
    expect(await started.socket.closed).toEqual({ code: 4401, reason });
    expect(toldOf(started.socket, 'b')).toEqual([]);
    const ends = () => started.server.log.lines.filter(({ fields }) => Reflect.get(fields, 'code') === reason);
    await expect.poll(() => ends().map(({ message }) => message)).toEqual(['stream ended', 'request refused']);
    expect(started.upstream.messages).toEqual([]);
  });

  test('is sent away when the server stops', async () => {
    const { server, socket } = await startFrozen();
    await tell(socket, subscribe('a', endless));
    const stopped = server.stop();
    expect(await socket.closed).toEqual({ code: 1001, reason: 'GOING_AWAY' });
    await stopped;
  });

  test('is refused when it has waited for a second', async () => {
    const { socket } = await startFrozen();
    const begin = performance.now();
    socket.send(subscribe('a', ticks));
    expect((await socket.receive('error')).payload[0].extensions).toMatchObject({
      code: 'UPSTREAM_UNAVAILABLE',
      retryAfter: 1,
    });
    expect(performance.now() - begin).toBeGreaterThan(900);
  });
});
