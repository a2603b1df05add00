import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { WebSocket } from 'ws';
import type { Config } from '../../src/config/schema.js';
import { type Gate, startGate } from '../gate.js';
import { password } from '../harness.js';
import { openSocket } from '../raw.js';
import { startScripted } from '../scripted-upstream.js';
import { openSession, refusalOf, subscribe } from '../sockets.js';
import { overEvents, overSocket } from '../subscribers.js';
import { startTalking, type Talking } from '../talking-upstream.js';
import { subscribed } from '../upstreams/schema.js';
import * as sockets from '../upstreams/sockets.js';
import type { Upstream } from '../upstreams/upstream.js';
import * as yoga from '../upstreams/yoga.js';

const ticks = 'subscription { ticks(count: 100000, everyMs: 50) }';
const signIn = `mutation { signIn(credentials: { userName: "ada@example.com", password: "${password}" }) { scope } }`;

let gate: Gate<sockets.SocketUpstream>;
beforeAll(async () => {
  gate = await startGate(sockets.start);
});
afterAll(() => gate.stop());

async function session(token = gate.token, { server }: Pick<Gate<unknown>, 'server'> = gate) {
  const opened = await openSession(server, token);
  onTestFinished(() => opened.socket.terminate());
  return opened;
}

/** The gauges of open connections and running operations. */
async function gauges({ server }: Pick<Gate<unknown>, 'server'> = gate): Promise<Record<string, number>> {
  const text = await (await fetch(`${server.origin}/metrics`)).text();
  const read = (name: string) => Number(new RegExp(`^latchkey_stream_${name} (\\d+)$`, 'm').exec(text)?.[1]);
  return { connections: read('connections'), operations: read('operations') };
}

describe('what no honest caller sends', () => {
  test('a message beyond bodyLimit closes with 1009', async () => {
    const { socket, closed } = await session();
    socket.send(JSON.stringify(subscribe('a', `{ hello } # ${'x'.repeat(1_048_576)}`)));
    expect((await closed).code).toBe(1009);
  });

  test('a message in endless pieces closes, as does one that grows beyond the limit', async () => {
    const tiny = await session();
    for (let i = 0; i < 1_100; i++) tiny.socket.send('x', { fin: false });
    expect((await tiny.closed).code).toBe(1008);
    const large = await session();
    for (let i = 0; i < 20; i++) large.socket.send('x'.repeat(65_536), { fin: false });
    expect((await large.closed).code).toBe(1009);
  });

  test.each([
    ['a frame without a mask', Buffer.from([0x81, 0x02, 0x7b, 0x7d]), 1002],
    ['a frame of no kind', Buffer.from([0x83, 0x80, 0, 0, 0, 0]), 1002],
    [
      'a frame that claims to be 2^63 bytes',
      Buffer.from([0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      1009,
    ],
    ['text that is not UTF-8', Buffer.from([0x81, 0x81, 0, 0, 0, 0, 0xff]), 1007],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 1002],
  ])('%s closes', async (_name, bytes, code) => {
    const { socket, closed } = await session();
    (Reflect.get(socket, '_socket') as Socket).write(bytes);
    expect((await closed).code).toBe(code);
  });

  test('a thousand pings of somebody who does not read end the connection and no more', async () => {
    const { socket, closed } = await session();
    const raw = Reflect.get(socket, '_socket') as Socket;
    raw.pause();
    for (let i = 0; i < 200_000 && raw.writable; i++) socket.ping('x'.repeat(120), true);
    raw.resume();
    await Promise.race([closed, once(socket, 'pong')]);
    expect((await gate.server.ask('{ __typename }')).status).toBe(200);
  });

  test('a thousand subscriptions on one socket run, and end with it', async () => {
    const { socket, messages, send } = await session();
    for (let i = 0; i < 1_000; i++) send(subscribe(`${i}`, ticks));
    await expect.poll(() => new Set(messages.map(({ id }) => id)).size, { timeout: 10_000 }).toBe(1_001);
    expect((await gauges()).operations).toBe(1_000);
    expect(gate.upstream.openSockets()).toBe(1);
    socket.terminate();
    await expect.poll(gauges).toEqual({ connections: 0, operations: 0 });
    await expect.poll(() => subscribed.count, { timeout: 5_000 }).toBe(0);
  });

  test('subscribing and completing in a breath leaves nothing', async () => {
    const { messages, send } = await session();
    for (let i = 0; i < 500; i++) send(subscribe(`${i}`, ticks), { id: `${i}`, type: 'complete' });
    send(subscribe('last', '{ hello }'));
    await expect.poll(() => messages.some(({ id, type }) => id === 'last' && type === 'complete')).toBe(true);
    expect(messages.filter(({ type }) => type === 'error')).toEqual([]);
    await expect.poll(() => subscribed.count).toBe(0);
    expect((await gauges()).operations).toBe(0);
  });

  test('a thousand sign-ins on one socket are refused beyond the queue, and others go on', async () => {
    const { messages, send } = await session();
    for (let i = 0; i < 1_000; i++) send(subscribe(`${i}`, signIn));
    const answered = () => messages.filter(({ type }) => type === 'next' || type === 'error').length;
    await expect.poll(() => answered(), { timeout: 20_000 }).toBe(1_000);
    const refused = messages.filter(({ payload }) => /OVERLOADED|TOO_MANY_AT_ONCE/.test(JSON.stringify(payload)));
    expect(refused.length).toBeGreaterThan(800);
    send(subscribe('many', `mutation { a: ${signIn.slice(11, -2)} ${signIn.slice(11)}`));
    await expect.poll(() => JSON.stringify(messages.at(-1))).toContain('ONE_CREDENTIAL_FIELD');
  });

  test('a password never gets into the log, whatever it stands in', async () => {
    const { socket, closed, send } = await session();
    send(subscribe('a', signIn), subscribe('b', `${signIn} }`), subscribe('c', `{ nope(a: "${password}") }`));
    send({ type: 'ping', payload: { password } }, subscribe('d', `subscription { nope(a: "${password}") }`));
    await expect.poll(() => gate.server.log.lines.some(({ message }) => message === 'stream ended')).toBe(true);
    socket.send(`{"type":"subscribe","payload":"${password}"`);
    await closed;
    await overEvents(gate.server).subscribe(`{ viewer(a: "${password}") { id } }`).ended;
    const log = JSON.stringify(gate.server.log.lines);
    expect(log).not.toContain(password);
    expect(log).not.toContain(gate.token);
  });
});

describe('a caller that never reads', () => {
  test.each([
    ['ws', sockets.start],
    ['sse', yoga.start],
  ] as const)('stops an upstream over %s that floods, and is cut off when it shows no life', async (kind, start) => {
    const settings = { subscriptionBuffer: 65_536, subscriptionKeepAlive: 1_500 };
    const own = await ownGate<Upstream>(start, { upstreamSubscriptions: kind, ...settings });
    const flood = 'subscription { flood(size: 50000) }';
    const before = { flooded: subscribed.flooded, rss: process.memoryUsage().rss };
    const { socket, send } = await session(own.token, own);
    socket.pause();
    send(subscribe('a', flood));
    await readNothing(own, flood);
    await expect.poll(() => subscribed.count).toBe(2);
    await expect.poll(standsStill, { timeout: 10_000 }).toBe(true);
    expect(await gauges(own)).toEqual({ connections: 2, operations: 2 });
    // What is in the buffers of eight sockets on the way.
    expect((subscribed.flooded - before.flooded) * 50_000).toBeLessThan(60_000_000);
    expect(process.memoryUsage().rss - before.rss).toBeLessThan(150_000_000);
    await expect.poll(() => gauges(own), { timeout: 10_000 }).toEqual({ connections: 0, operations: 0 });
    await expect.poll(() => subscribed.count, { timeout: 5_000 }).toBe(0);
  });

  async function standsStill(): Promise<boolean> {
    const { flooded } = subscribed;
    await sleep(100);
    return flooded === subscribed.flooded;
  }

  test('holds nobody else up', async () => {
    const { socket, send } = await session();
    socket.pause();
    send(subscribe('a', 'subscription { flood(size: 100000) }'));
    const other = overSocket(gate.server, gate.token);
    onTestFinished(() => other.dispose());
    const { events, ended } = other.subscribe('subscription { ticks(count: 20) }');
    expect(await ended).toBeUndefined();
    expect(events).toHaveLength(20);
    socket.terminate();
    await expect.poll(() => subscribed.count).toBe(0);
  });
});

describe('more than is allowed', () => {
  test('connections of a user are refused, and somebody else comes in', async () => {
    const own = await ownGate(sockets.start, { connectionsPerCaller: 3 });
    for (let i = 0; i < 3; i++) await session(own.token, own);
    const late = overSocket(own.server, own.token).subscribe(ticks);
    expect(await late.ended).toMatchObject({ code: 4429, reason: 'TOO_MANY_CONNECTIONS' });
    const overHttp = await overEvents(own.server, own.token).subscribe(ticks).ended;
    expect(overHttp.response.status).toBe(429);
    await own.server.addUser('eve@example.com');
    const eve = await own.server.signIn('eve@example.com');
    await session(eve.accessToken, own);
  });

  test('connections of nobody are counted by where they come from, and counted down', async () => {
    const own = await ownGate(sockets.start, { connectionsPerCaller: 3 });
    const open = await Promise.all([1, 2, 3].map(() => openSession(own.server)));
    expect(await refusalOf(own.server, {})).toEqual({ status: 429, code: 'TOO_MANY_CONNECTIONS' });
    for (const { socket } of open) socket.terminate();
    await expect.poll(() => gauges(own)).toEqual({ connections: 0, operations: 0 });
    await session(own.token, own);
  });

  test('operations of a user are refused, over all of its connections', async () => {
    const own = await ownGate(sockets.start, { subscriptionsPerCaller: 2 });
    const [first, second] = [await session(own.token, own), await session(own.token, own)];
    first.send(subscribe('a', ticks), subscribe('b', ticks));
    await expect.poll(() => subscribed.count).toBe(2);
    second.send(subscribe('a', ticks));
    expect((await second.receive('error')).payload[0].extensions.code).toBe('TOO_MANY_SUBSCRIPTIONS');
    first.send({ id: 'a', type: 'complete' });
    await expect.poll(() => gauges(own)).toEqual({ connections: 2, operations: 1 });
    second.send(subscribe('b', '{ hello }'));
    expect((await second.receive('next')).payload).toEqual({ data: { hello: 'world' } });
  });
});

describe('an upstream', () => {
  let talking: Gate<Talking>;
  beforeAll(async () => {
    talking = await startGate(startTalking, { upstreamTimeout: 300, subscriptionKeepAlive: 200 });
  });
  afterAll(() => talking.stop());

  /** The code that a subscriber is told when the upstream says that. */
  async function codeFor(say: Talking['say']): Promise<string> {
    talking.upstream.say = say;
    const subscriber = overSocket(talking.server, talking.token);
    onTestFinished(() => subscriber.dispose());
    const [error] = await subscriber.subscribe('subscription { ticks(count: 1) }').ended;
    return error.extensions.code;
  }

  test.each(['{', '[]', '{"type":"next"}', '{"id":"1","type":"next","payload":7}', '{"id":"1","type":"nonsense"}'])(
    'that says %s over its WebSocket is UPSTREAM_INVALID',
    async (text) => expect(await codeFor((socket) => socket.send(text))).toBe('UPSTREAM_INVALID'),
  );

  test('that sends an event of 17 MB is UPSTREAM_INVALID', async () => {
    expect(await codeFor((socket) => socket.send('x'.repeat(17_000_000)))).toBe('UPSTREAM_INVALID');
  });

  test('that never acknowledges is UPSTREAM_TIMEOUT', async () => {
    expect(await codeFor(undefined)).toBe('UPSTREAM_TIMEOUT');
  });

  test('that falls silent is cut off', async () => {
    const fallSilent = (socket: WebSocket) => void (Reflect.get(socket, '_socket') as Socket).pause();
    expect(await codeFor(fallSilent)).toBe('UPSTREAM_UNAVAILABLE');
  });

  test('has its numbers passed on as it wrote them', async () => {
    const payload = '{"data": {"n": 12345678901234567890.10, "s": "\\u00e9\\"}"} }';
    talking.upstream.say = (socket) => socket.send(`{"payload":${payload},"type":"next","id":"1"}`);
    const { socket, send } = await session(talking.token, talking);
    const raw = new Promise<string>((resolve) => socket.on('message', (data) => resolve(String(data))));
    send(subscribe('a', 'subscription { ticks(count: 1) }'));
    expect(await raw).toBe(`{"id":"a","type":"next","payload":${payload}}`);
  });

  test.each([
    ['answers with a page', 'text/html', '<html>', 'UPSTREAM_INVALID'],
    ['sends events that are no answers', 'text/event-stream', 'event: next\ndata: 7\n\n', 'UPSTREAM_INVALID'],
    ['breaks off', 'text/event-stream', 'event: next\ndata: {"data":{"ticks":1}}\n\n', 'UPSTREAM_UNAVAILABLE'],
  ])('that %s in place of a stream of events is told', async (_name, type, text, code) => {
    const own = await ownGate(
      () => startScripted((response) => void response.writeHead(200, { 'content-type': type }).end(text)),
      { upstreamSubscriptions: 'sse' },
    );
    const { events, ended } = overEvents(own.server, own.token).subscribe('subscription { ticks(count: 2) }');
    expect(await ended).toBeUndefined();
    expect(events.at(-1).errors[0].extensions.code).toBe(code);
  });

  test('that takes no WebSocket is UPSTREAM_INVALID', async () => {
    const answer = (response: ServerResponse) => void response.end('no GraphQL');
    const own = await ownGate(() => startScripted(answer));
    const [error] = await overSocket(own.server, own.token).subscribe('subscription { ticks(count: 1) }').ended;
    expect(error.extensions.code).toBe('UPSTREAM_INVALID');
  });

  test('with upstreamSubscriptions off is asked for nothing', async () => {
    const own = await ownGate(sockets.start, { upstreamSubscriptions: 'off' });
    const [error] = await overSocket(own.server, own.token).subscribe('subscription { ticks(count: 1) }').ended;
    expect(error.extensions.code).toBe('SUBSCRIPTION_NOT_SUPPORTED');
    expect((await overEvents(own.server, own.token).subscribe('{ hello }')).ended).toBeDefined();
  });
});

async function ownGate<U extends { url: string; close(): Promise<void> }>(
  start: () => Promise<U>,
  config: Partial<Config> = {},
): Promise<Gate<U>> {
  const own = await startGate(start, config);
  onTestFinished(() => own.stop());
  return own;
}

/** Sends a subscription and never reads what comes. */
async function readNothing({ server, token }: Gate<unknown>, query: string): Promise<void> {
  const socket = await openSocket(server.origin);
  onTestFinished(() => void socket.destroy());
  const body = JSON.stringify({ query });
  const lines = [
    'POST /graphql HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    'Accept: text/event-stream',
    `Authorization: Bearer ${token}`,
    `Content-Length: ${body.length}`,
  ];
  socket.pause();
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
