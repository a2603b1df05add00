import { decodeJwt } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { overSocket, type Subscriber } from '../subscribers.js';
import * as sockets from '../upstreams/sockets.js';
import type { Upstream } from '../upstreams/upstream.js';
import * as yoga from '../upstreams/yoga.js';

/** One caller on one WebSocket, of whom the upstream hears by a JWT that is good for a minute. */
async function open<U extends Upstream>(start: () => Promise<U>, upstreamSubscriptions: 'ws' | 'sse') {
  const gate = await startGate(start, { upstreamSubscriptions, upstreamIdentity: 'jwt' });
  onTestFinished(() => gate.stop());
  const subscriber = overSocket(gate.server, gate.token);
  onTestFinished(() => subscriber.dispose());
  // So that the client keeps its WebSocket.
  subscriber.subscribe('{ slow(ms: 10000) }');
  return { gate, seen: () => headersSeen(gate, subscriber) };
}

/** What the upstream was told with a subscription that begins now, and whether it could still believe it. */
async function headersSeen({ server }: Gate<unknown>, subscriber: Subscriber) {
  const { events, ended } = subscriber.subscribe('subscription { headersSeen { name value } }');
  await ended;
  const { headersSeen } = events[0].data;
  const fieldOf = (wanted: string): string =>
    headersSeen.find(({ name }: { name: string }) => name === wanted)?.value ?? '';
  const { exp = 0 } = decodeJwt(fieldOf('authorization').replace('Bearer ', ''));
  return { isGood: exp * 1000 > server.clock(), requestId: fieldOf('x-request-id') };
}

describe('a caller who keeps a WebSocket open for long is known to the upstream', () => {
  test('by a JWT that is good, and an id of its own, with each subscription over events', async () => {
    const { gate, seen } = await open(yoga.start, 'sse');
    const first = await seen();
    gate.server.clock.advance(120_000);
    const second = await seen();
    expect([first.isGood, second.isGood]).toEqual([true, true]);
    expect(second.requestId).not.toBe(first.requestId);
  });

  test('by a JWT that is good each time that a WebSocket to it is opened', async () => {
    const { gate, seen } = await open(sockets.start, 'ws');
    const first = await seen();
    await expect.poll(gate.upstream.openSockets).toBe(0);
    gate.server.clock.advance(120_000);
    const second = await seen();
    expect([first.isGood, second.isGood]).toEqual([true, true]);
    expect(second.requestId).not.toBe(first.requestId);
  });
});
