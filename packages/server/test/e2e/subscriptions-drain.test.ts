import { describe, expect, onTestFinished, test } from 'vitest';
import type { Config } from '../../src/config/schema.js';
import { type Gate, startGate } from '../gate.js';
import { openSession, subscribe } from '../sockets.js';
import { overEvents, overSocket } from '../subscribers.js';
import { subscribed } from '../upstreams/schema.js';
import { type SocketUpstream, start } from '../upstreams/sockets.js';
import { startHeldUpstream } from './held-upstream.js';

const ticks = 'subscription { ticks(count: 100000) }';

async function running(config: Partial<Config> = {}): Promise<Gate<SocketUpstream>> {
  const gate = await startGate(start, config);
  onTestFinished(() => gate.upstream.close());
  return gate;
}

describe('a server that is stopped', () => {
  test('sends the callers of its streams away, and is gone at once', async () => {
    const { server, token } = await running();
    const socket = overSocket(server, token).subscribe(ticks);
    const events = overEvents(server, token).subscribe(ticks);
    await expect.poll(() => socket.events.length > 0 && events.events.length > 0).toBe(true);
    const begin = performance.now();
    await server.stop();
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect(await socket.ended).toMatchObject({ code: 1001, reason: 'GOING_AWAY' });
    expect(await events.ended).toBeUndefined();
    expect(events.events.at(-1).errors[0].extensions.code).toBe('GOING_AWAY');
    await expect.poll(() => subscribed.count).toBe(0);
    const ends = server.log.lines.filter(({ message }) => message === 'stream ended');
    expect(ends.map(({ fields }) => Reflect.get(fields, 'code'))).toEqual(['GOING_AWAY', 'GOING_AWAY']);
  });

  test('waits for the answer to a query on a WebSocket, and takes no more', async () => {
    const upstream = await startHeldUpstream();
    onTestFinished(() => upstream.close());
    const gate = await startGate(async () => ({ ...upstream, close: async () => upstream.close() }));
    const { send, receive, closed, messages } = await openSession(gate.server, gate.token);
    send(subscribe('a', '{ held }'));
    await upstream.asked;
    const stopped = gate.server.stop();
    send(subscribe('b', '{ hello }'));
    expect((await receive('error')).payload[0].extensions).toMatchObject({ code: 'GOING_AWAY', retryAfter: 1 });
    upstream.release();
    expect(await closed).toEqual({ code: 1001, reason: 'GOING_AWAY' });
    expect(messages).toContainEqual({ id: 'a', type: 'next', payload: { data: { held: 'released' } } });
    await stopped;
  });

  test('waits no longer than shutdownTimeout, also for callers who do not say goodbye', async () => {
    const upstream = await startHeldUpstream();
    onTestFinished(() => upstream.close());
    const gate = await startGate(async () => ({ ...upstream, close: async () => upstream.close() }), {
      shutdownTimeout: 200,
    });
    const { socket, send } = await openSession(gate.server, gate.token);
    send(subscribe('a', '{ held }'));
    const events = overEvents(gate.server, gate.token).subscribe('{ held }');
    await upstream.asked;
    await expect.poll(async () => (await gate.server.ask('{ __typename }')).status).toBe(200);
    socket.pause();
    const begin = performance.now();
    await gate.server.stop();
    expect(performance.now() - begin).toBeLessThan(2_500);
    await events.ended;
    socket.terminate();
  });
});

describe('an end is told', () => {
  test('to the log in a line, and to the metrics by its code', async () => {
    const { server, token, upstream } = await running();
    onTestFinished(() => server.stop());
    const subscriber = overSocket(server, token);
    await subscriber.subscribe('subscription { ticks(count: 2) }').ended;
    const cut = subscriber.subscribe(ticks);
    await expect.poll(() => cut.events.length).toBeGreaterThan(0);
    upstream.cut();
    await cut.ended;
    const ends = () => server.log.lines.filter(({ message }) => message === 'stream ended');
    await expect.poll(() => ends().length).toBe(2);
    expect(ends()).toMatchObject([
      { level: 'info', fields: { kind: 'stream', code: 'OK', source: '127.0.0.1' } },
      { level: 'error', fields: { kind: 'stream', code: 'UPSTREAM_UNAVAILABLE' } },
    ]);
    const metrics = await (await fetch(`${server.origin}/metrics`)).text();
    expect(metrics).toContain('latchkey_operations_total{kind="stream",code="OK"} 1');
    expect(metrics).toContain('latchkey_operations_total{kind="stream",code="UPSTREAM_UNAVAILABLE"} 1');
  });
});
