import type { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Config } from '../../src/config/schema.js';
import { type Gate, startGate } from '../gate.js';
import { openSession, subscribe } from '../sockets.js';
import { overEvents, overSocket, type Subscriber } from '../subscribers.js';
import { subscribed } from '../upstreams/schema.js';
import { type SocketUpstream, start } from '../upstreams/sockets.js';

const policy: Config['policy'] = {
  'Query.hello': 'public',
  'Query.widgets': { scopes: [['widgets:read']] },
  'Query.echo': 'denied',
  'Subscription.ticks': { scopes: [['ticks']] },
  'Subscription.flood': 'denied',
  'Header.value': { scopes: [['headers']] },
};

const ways: [string, (server: Gate<SocketUpstream>['server'], token?: string) => Subscriber][] = [
  ['a WebSocket', overSocket],
  ['an event stream', overEvents],
];

/** Everything that came, and how it ended. */
async function outcome(subscriber: Subscriber, query: string) {
  onTestFinished(() => subscriber.dispose());
  const { events, ended } = subscriber.subscribe(query);
  return { events, end: await ended };
}

/** The codes of errors, wherever the transport puts them. */
function codesOf({ events, end }: Awaited<ReturnType<typeof outcome>>): unknown[] {
  const errors = [...events.flatMap(({ errors = [] }) => errors), ...(Array.isArray(end) ? end : [])];
  return errors.map(({ extensions }) => extensions?.code);
}

describe.each(ways)('the policy holds on %s', (_, over) => {
  let gate: Gate<SocketUpstream>;
  let reader: string;
  beforeAll(async () => {
    gate = await startGate(start, { policy });
    await gate.server.addUser('reader@example.com', 'widgets:read ticks headers');
    reader = (await gate.server.signIn('reader@example.com')).accessToken;
  });
  afterAll(() => gate.stop());

  test('a query has null and an error where its caller may not have a field', async () => {
    const query = '{ hello widgets(first: 1) { id } }';
    const { events } = await outcome(over(gate.server, gate.token), '{ headers { name value } hello }');
    expect(events[0].data).toBeNull();
    const result = await outcome(over(gate.server, gate.token), query);
    expect(codesOf(result)).toContain('INSUFFICIENT_SCOPE');
    expect(JSON.stringify(gate.upstream.requests)).not.toContain('widgets(');
    expect((await outcome(over(gate.server, reader), query)).events).toEqual([
      { data: { hello: 'world', widgets: [{ id: '1' }] } },
    ]);
  });

  test('what is public needs no token there either, and nothing else is to be had without one', async () => {
    expect((await outcome(over(gate.server), '{ hello }')).events).toEqual([{ data: { hello: 'world' } }]);
    const { events } = await outcome(over(gate.server), '{ hello failNullable }');
    expect(events[0]).toMatchObject({
      data: { hello: 'world', failNullable: null },
      errors: [{ path: ['failNullable'], extensions: { code: 'UNAUTHENTICATED' } }],
    });
  });

  test('a subscription that its caller may not have never begins', async () => {
    const before = subscribed.count;
    const refused = over(gate.server, gate.token).subscribe('subscription { ticks(count: 3) }');
    const end = await refused.ended;
    expect(refused.events).toEqual([]);
    // Over SSE it is an answer of HTTP, of which this client shows the status.
    expect(Array.isArray(end) ? end[0].extensions.code : String(end)).toMatch(/INSUFFICIENT_SCOPE|403/);
    const denied = over(gate.server, reader).subscribe('subscription { flood(size: 10) }');
    const why = await denied.ended;
    expect(Array.isArray(why) ? why[0].extensions.code : String(why)).toMatch(/FORBIDDEN|403/);
    expect(subscribed.count).toBe(before);
    expect((await outcome(over(gate.server, reader), 'subscription { ticks(count: 2) }')).events).toEqual([
      { data: { ticks: 1 } },
      { data: { ticks: 2 } },
    ]);
  });

  test('a subscription of which nothing is to be had, since it is skipped, has no events', async () => {
    const query = 'subscription { flood(size: 1) @skip(if: true) }';
    expect(await outcome(over(gate.server, gate.token), query)).toEqual({ events: [], end: undefined });
  });

  test('each event has null where its caller may not have a field', async () => {
    const query = 'subscription { headersSeen { name value } }';
    const cut = await outcome(over(gate.server, gate.token), query);
    // The value must not be null, so that null goes up to the event.
    expect(cut.events).toHaveLength(1);
    expect(cut.events[0].data).toBeNull();
    expect(cut.events[0].errors[0]).toMatchObject({
      path: ['headersSeen', 0, 'value'],
      extensions: { code: 'INSUFFICIENT_SCOPE' },
    });
    expect(JSON.stringify(cut.events)).not.toContain('Bearer');
    const whole = await outcome(over(gate.server, reader), query);
    expect(whole.events[0].data.headersSeen[0]).toHaveProperty('value');
  });
});

test('where the policy rejects, nothing of the operation runs on a stream', async () => {
  const gate = await startGate(start, { policy, policyMode: 'reject' });
  onTestFinished(() => gate.stop());
  const result = await outcome(overSocket(gate.server, gate.token), '{ hello widgets { id } }');
  expect(result.events).toEqual([]);
  expect(codesOf(result)).toEqual(['INSUFFICIENT_SCOPE']);
});

describe('what runs on a stream is charged', () => {
  let gate: Gate<SocketUpstream>;
  beforeAll(async () => {
    gate = await startGate(start, { quotaPerDay: 4 });
  });
  afterAll(() => gate.stop());

  const usage = async () => {
    const query = '{ viewer { usage(last: HOUR) { requests fields operations { name requests fields } } } }';
    return (await gate.server.ask(query, { token: gate.token })).body.data.viewer.usage;
  };

  test('a subscription as one request with the fields of its events, and no more than the quota', async () => {
    await outcome(overSocket(gate.server, gate.token), 'subscription Ticks { ticks(count: 3) }');
    await outcome(overEvents(gate.server, gate.token), 'subscription Ticks { ticks(count: 2) }');
    await outcome(overSocket(gate.server, gate.token), 'query Hello { hello }');
    await outcome(overSocket(gate.server, gate.token), '{ viewer { userName } }');
    // A subscription's fields are counted when it begins, and with each event.
    await expect.poll(usage).toEqual({
      requests: 3,
      fields: 8,
      operations: [
        { name: 'Ticks', requests: 2, fields: 7 },
        { name: 'Hello', requests: 1, fields: 1 },
      ],
    });
    await outcome(overSocket(gate.server, gate.token), '{ hello }');
    const beyond = await outcome(overSocket(gate.server, gate.token), '{ hello }');
    expect(codesOf(beyond)).toEqual(['QUOTA_EXCEEDED']);
    const stream = await outcome(overSocket(gate.server, gate.token), 'subscription { ticks(count: 1) }');
    expect(codesOf(stream)).toEqual(['QUOTA_EXCEEDED']);
    expect((await outcome(overSocket(gate.server, gate.token), '{ viewer { id } }')).events[0].data).toBeTruthy();
  });
});

test('for what is ended while it is asked what its user has left, the upstream is not even connected to', async () => {
  const gate = await startGate(start, { quotaPerDay: 1_000 });
  onTestFinished(() => gate.stop());
  const { socket, send, receive } = await openSession(gate.server, gate.token);
  onTestFinished(() => socket.terminate());
  // In one packet, so that both are read before anybody can be asked.
  const raw = Reflect.get(socket, '_socket') as Socket;
  raw.cork();
  send(subscribe('a', 'subscription { ticks(count: 100000) }'), { id: 'a', type: 'complete' });
  raw.uncork();
  send(subscribe('b', '{ hello slow(ms: 100) }'));
  await receive('next');
  expect(gate.upstream.openSockets()).toBe(0);
});

test('variables that a subscription does not declare stay here', async () => {
  const gate = await startGate(start);
  onTestFinished(() => gate.stop());
  const subscriber = overSocket(gate.server, gate.token);
  onTestFinished(() => subscriber.dispose());
  const { ended, events } = subscriber.subscribe('subscription ($n: Int!) { ticks(count: $n) }', {
    n: 1,
    password: 'left over',
  });
  await ended;
  expect(events).toEqual([{ data: { ticks: 1 } }]);
  expect(JSON.stringify(gate.upstream.messages)).not.toContain('left over');
});

test('nobody without a token makes themselves an admin of Hasura by a public field', async () => {
  const gate = await startGate(start, {
    policy: { 'Query.headers': 'public' },
    upstreamIdentity: 'headers',
    upstreamClaimsPreset: 'hasura',
  });
  onTestFinished(() => gate.stop());
  const headers = { 'x-hasura-role': 'admin', 'X-Hasura-User-Id': '1', x_hasura_role: 'admin' };
  const { body } = await gate.server.ask('{ headers { name value } }', { headers });
  const seen = body.data.headers.filter(({ name }: { name: string }) => /hasura/i.test(name));
  expect(seen).toEqual([{ name: 'x-hasura-role', value: 'anonymous' }]);
});
