import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { password } from '../harness.js';
import { overEvents, overSocket, type Subscriber } from '../subscribers.js';
import * as mercurius from '../upstreams/mercurius.js';
import { subscribed } from '../upstreams/schema.js';
import * as sockets from '../upstreams/sockets.js';
import type { Upstream } from '../upstreams/upstream.js';
import * as yoga from '../upstreams/yoga.js';

const callers = { 'a WebSocket': overSocket, 'server-sent events': overEvents };
const upstreams = {
  'graphql-ws': { start: sockets.start, kind: 'ws' },
  Mercurius: { start: mercurius.start, kind: 'ws' },
  'GraphQL Yoga over events': { start: yoga.start, kind: 'sse' },
} as const;
const combinations = Object.keys(callers).flatMap((caller) =>
  Object.keys(upstreams).map(
    (upstream) => ({ caller, upstream }) as { caller: keyof typeof callers; upstream: keyof typeof upstreams },
  ),
);

describe.each(combinations)('a caller over $caller, before $upstream,', ({ caller, upstream }) => {
  const { start, kind } = upstreams[upstream];
  let gate: Gate<Upstream>;
  beforeAll(async () => {
    gate = await startGate<Upstream>(start, { upstreamSubscriptions: kind });
  });
  afterAll(() => gate.stop());

  function open(token?: string): Subscriber {
    const subscriber = callers[caller](gate.server, token);
    onTestFinished(() => subscriber.dispose());
    return subscriber;
  }

  test('gets every event of a subscription, and its end', async () => {
    const { events, ended } = open(gate.token).subscribe('subscription ($n: Int!) { ticks(count: $n) }', { n: 5 });
    expect(await ended).toBeUndefined();
    expect(events).toEqual([1, 2, 3, 4, 5].map((ticks) => ({ data: { ticks } })));
  });

  test('is one subscription at the upstream, which ends with it', async () => {
    const subscription = open(gate.token).subscribe('subscription { ticks(count: 100000) }');
    await expect.poll(() => subscription.events.length).toBeGreaterThan(2);
    expect(subscribed.count).toBe(1);
    subscription.stop();
    await expect.poll(() => subscribed.count).toBe(0);
  });

  test('is known to the upstream by its token, and by nothing it made up', async () => {
    const { events, ended } = open(gate.token).subscribe('subscription { headersSeen { name value } }');
    await ended;
    const seen = events[0].data.headersSeen.map(({ name, value }: { name: string; value: string }) => [name, value]);
    expect(seen).toContainEqual(['authorization', `Bearer ${gate.token}`]);
    expect(seen).toContainEqual(['x-forwarded-for', '127.0.0.1']);
    expect(seen.map(([name]: string[]) => name)).toContain('x-request-id');
  });

  test('gets an event that is an error', async () => {
    const { events, ended } = open(gate.token).subscribe('subscription { failEvent }');
    expect(await ended).toBeUndefined();
    expect(events[0]).toMatchObject({ errors: [{ message: 'failEvent failed, as it always does' }] });
  });

  test('is told what the upstream finds wrong', async () => {
    const { events, ended } = open(gate.token).subscribe('subscription { nope }');
    const failure = await ended;
    const errors = failure ?? events[0].errors;
    expect(errors[0].message).toContain('"nope"');
  });

  test('without a token is refused', async () => {
    const { events, ended } = open().subscribe('subscription { ticks(count: 3) }');
    const failure = await ended;
    expect(codeOf(failure)).toBe(caller === 'a WebSocket' ? 'UNAUTHENTICATED' : 401);
    expect(events).toEqual([]);
  });

  test('can send any other operation the same way', async () => {
    const subscriber = open(gate.token);
    const ask = async (query: string) => {
      const { events, ended } = subscriber.subscribe(query);
      expect(await ended).toBeUndefined();
      expect(events).toHaveLength(1);
      return events[0];
    };
    expect(await ask('{ hello }')).toEqual({ data: { hello: 'world' } });
    expect(await ask('{ hello viewer { userName } }')).toEqual({
      data: { hello: 'world', viewer: { userName: 'ada@example.com' } },
    });
    expect(await ask('mutation { addWidget(name: "new") { name } }')).toEqual({ data: { addWidget: { name: 'new' } } });
    expect((await ask('{ __schema { subscriptionType { name } } }')).data.__schema.subscriptionType.name).toBe(
      'Subscription',
    );
    expect(await ask('{ __typename }')).toEqual({ data: { __typename: 'Query' } });
  });

  test('can sign in, with a token of which nobody wants to know or without one', async () => {
    const { events, ended } = open().subscribe(
      'mutation ($password: String!) { signIn(credentials: { userName: "ada@example.com", password: $password }) { expiresIn } }',
      { password },
    );
    expect(await ended).toBeUndefined();
    expect(events).toEqual([{ data: { signIn: { expiresIn: 3600 } } }]);
  });

  test('loses its streams within a second of a sign-out', async () => {
    const { accessToken } = await gate.server.signIn('ada@example.com');
    const subscription = open(accessToken).subscribe('subscription { ticks(count: 100000) }');
    await expect.poll(() => subscription.events.length).toBeGreaterThan(2);
    await gate.server.ask('mutation { signOut { sessionsEnded } }', { token: accessToken });
    const begin = performance.now();
    await expectEndWith(subscription, 'TOKEN_REVOKED');
    expect(performance.now() - begin).toBeLessThan(1_000);
    await expect.poll(() => subscribed.count).toBe(0);
  });

  // The last one: afterwards everybody's token has expired.
  test('loses its streams within a second of the end of its token', async () => {
    const subscription = open(gate.token).subscribe('subscription { ticks(count: 100000) }');
    await expect.poll(() => subscription.events.length).toBeGreaterThan(2);
    gate.server.clock.advance(3_600_000);
    const begin = performance.now();
    await expectEndWith(subscription, 'TOKEN_EXPIRED');
    expect(performance.now() - begin).toBeLessThan(1_000);
    await expect.poll(() => subscribed.count).toBe(0);
  });

  async function expectEndWith({ ended, events }: ReturnType<Subscriber['subscribe']>, code: string): Promise<void> {
    const failure = await ended;
    if (caller === 'a WebSocket') expect(failure).toMatchObject({ code: 4401, reason: code });
    else expect(events.at(-1)).toMatchObject({ errors: [{ extensions: { code } }] });
  }
});

/** The code in what a client says a subscription ended with. */
function codeOf(failure: unknown): unknown {
  if (Array.isArray(failure)) return failure[0].extensions.code;
  return (failure as { response?: Response }).response?.status;
}
