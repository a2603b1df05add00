import { describe, expect, onTestFinished, test } from 'vitest';
import type { Config } from '../../src/config/schema.js';
import { type Gate, startGate } from '../gate.js';
import { overEvents, overSocket, type Subscriber } from '../subscribers.js';
import type { Upstream } from '../upstreams/index.js';
import { startWith } from '../upstreams/yoga.js';

// Its executor has @defer and @stream; its schema only has to say so.
const typeDefs = `
  directive @defer(if: Boolean! = true, label: String) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  directive @stream(if: Boolean! = true, label: String, initialCount: Int = 0) on FIELD
  type Query { quick: String slow: String secret: String lines: [String!] }
`;

/** What is slow is there when the test says so, one thing at a time. */
function createSlowness() {
  const waiting: (() => void)[] = [];
  const turn = () => new Promise<void>((resolve) => void waiting.push(resolve));

  async function* lines() {
    for (const line of ['one', 'two', 'three']) {
      await turn();
      yield line;
    }
  }
  const slow = () => turn().then(() => 'at last');
  const resolvers = { Query: { quick: () => 'now', secret: () => 'kept', slow, lines } };
  /** Resolves when the upstream has come to the next thing, and was told to give it. */
  const next = async () => {
    await expect.poll(() => waiting.length).toBeGreaterThan(0);
    waiting.shift()?.();
  };
  return { resolvers, next };
}

interface SlowGate extends Gate<Upstream> {
  next(): Promise<void>;
}

async function startSlow(config: Partial<Config> = {}): Promise<SlowGate> {
  const { resolvers, next } = createSlowness();
  const gate = await startGate(() => startWith({ typeDefs, resolvers }), config);
  onTestFinished(() => gate.stop());
  return { ...gate, next };
}

/** Asks as a client does that can read parts. */
function ask({ server, token }: SlowGate, query: string): Promise<Response> {
  const accept = 'multipart/mixed, application/json;q=0.9';
  const headers = { 'content-type': 'application/json', accept, authorization: `Bearer ${token}` };
  return fetch(server.url, { method: 'POST', headers, body: JSON.stringify({ query }) });
}

/** The parts of an answer, each as soon as it is there. */
async function* partsOf({ body, headers }: Response) {
  expect(headers.get('content-type')).toBe('multipart/mixed; boundary="-"');
  let text = '';
  for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    const parts = text.split('\r\n---');
    text = parts.pop() ?? '';
    for (const part of parts) if (part !== '') yield JSON.parse(part.slice(part.indexOf('\r\n\r\n')));
  }
  expect(text).toBe('--\r\n');
}

describe('of an answer that GraphQL Yoga gives in parts, each comes before the next is there', () => {
  test('with @defer', async () => {
    const gate = await startSlow();
    const parts = partsOf(await ask(gate, '{ quick ... @defer(label: "later") { slow } }'));
    expect((await parts.next()).value).toEqual({ data: { quick: 'now' }, hasNext: true });
    await gate.next();
    expect((await parts.next()).value).toEqual({
      incremental: [{ label: 'later', path: [], data: { slow: 'at last' } }],
      hasNext: false,
    });
    expect((await parts.next()).done).toBe(true);
  });

  test('with @stream', async () => {
    const gate = await startSlow();
    const answer = ask(gate, '{ lines @stream(initialCount: 1) }');
    await gate.next();
    const parts = partsOf(await answer);
    expect((await parts.next()).value).toEqual({ data: { lines: ['one'] }, hasNext: true });
    for (const [index, item] of [
      [1, 'two'],
      [2, 'three'],
    ]) {
      await gate.next();
      expect((await parts.next()).value).toEqual({
        incremental: [{ path: ['lines', index], items: [item] }],
        hasNext: true,
      });
    }
    expect((await parts.next()).value).toEqual({ hasNext: false });
    expect((await parts.next()).done).toBe(true);
  });
});

describe('an answer that has to be read whole is asked for in one', () => {
  const query = 'query ($later: Boolean! = true) { quick ... @defer(if: $later) { slow } }';
  const data = { quick: 'now', slow: 'at last' };

  test('where a part of it is ours', async () => {
    const gate = await startSlow();
    const answer = ask(gate, query.replace('quick', 'quick viewer { userName }'));
    await gate.next();
    expect(await (await answer).json()).toEqual({ data: { ...data, viewer: { userName: 'ada@example.com' } } });
  });

  test('where the policy keeps a part of it back', async () => {
    const gate = await startSlow({ policy: { 'Query.secret': 'denied' } });
    const answer = ask(gate, query.replace('quick', 'quick secret'));
    await gate.next();
    expect(await (await answer).json()).toMatchObject({ data: { ...data, secret: null } });
  });

  test.each<[string, (server: Gate<Upstream>['server'], token: string) => Subscriber]>([
    ['a WebSocket', overSocket],
    ['an event stream', overEvents],
  ])('where %s carries it', async (_, over) => {
    const gate = await startSlow();
    const subscriber = over(gate.server, gate.token);
    onTestFinished(() => subscriber.dispose());
    const { events, ended } = subscriber.subscribe(query);
    await gate.next();
    expect(await ended).toBeUndefined();
    expect(events).toEqual([{ data }]);
  });
});
