import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Gate, readiness, startGate } from '../gate.js';
import { type ScriptedUpstream, sendJson, startScripted } from '../scripted-upstream.js';
import { overSocket } from '../subscribers.js';
import { start as startSockets } from '../upstreams/sockets.js';

const settings = { upstreamBreakerFailures: 3, upstreamBreakerPause: 100, upstreamTimeout: 300 };

let gate: Gate<ScriptedUpstream>;
let revived: ScriptedUpstream | undefined;
afterEach(async () => {
  await gate.stop().catch(() => undefined);
  await revived?.close();
  revived = undefined;
});

const answer = (response: Parameters<typeof sendJson>[0]) => sendJson(response, { data: { hello: 'world' } });
const ask = (query = '{ hello }') => gate.server.ask(query, { token: gate.token });
const isOpen = async () =>
  /^latchkey_upstream_breaker_open 1$/m.test(await (await fetch(`${gate.server.origin}/metrics`)).text());
const said = (word: string) => gate.server.log.lines.filter(({ message }) => message.startsWith(word)).length;

async function fall(): Promise<void> {
  await gate.upstream.close();
  await vi.waitUntil(async () => {
    await ask();
    return isOpen();
  });
}

describe('an upstream that is away', () => {
  test('is not asked again by every caller, until it answers us', async () => {
    gate = await startGate(() => startScripted(answer), settings);
    expect((await ask()).status).toBe(200);
    await fall();
    const refused = await ask();
    expect([refused.status, refused.body.errors[0].extensions.code]).toEqual([502, 'UPSTREAM_UNAVAILABLE']);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.body.errors[0].extensions.retryAfter).toBe(1);
    expect(said('the upstream is away')).toBe(1);

    revived = await startScripted(answer, { port: Number(new URL(gate.upstream.url).port) });
    await vi.waitUntil(async () => !(await isOpen()));
    expect((await ask()).body).toEqual({ data: { hello: 'world' } });
    expect(said('the upstream answers again')).toBe(1);
  });

  test('changes nothing of signing in, of what is ours, and of what is ours beside its part', async () => {
    gate = await startGate(() => startScripted(answer), settings);
    await fall();
    expect(await readiness(gate.server)).toMatchObject({ status: 'ready', signIn: true, upstream: 'in service' });
    expect((await gate.server.signIn('ada@example.com')).accessToken).toEqual(expect.any(String));
    expect((await ask('{ viewer { userName } }')).body).toEqual({ data: { viewer: { userName: 'ada@example.com' } } });
    expect((await ask('{ __schema { queryType { name } } }')).status).toBe(200);
    const { body } = await ask('{ viewer { userName } echo(text: "x") }');
    expect(body.data).toEqual({ viewer: { userName: 'ada@example.com' }, echo: null });
    expect(body.errors).toMatchObject([
      { path: ['echo'], extensions: { code: 'UPSTREAM_UNAVAILABLE', retryAfter: 1 } },
    ]);
  });
});

describe('subscriptions of an upstream that is away', () => {
  const ticks = 'subscription { ticks(count: 1) }';

  async function refusals() {
    const { server, token } = gate;
    const [overWebSocket] = await overSocket(server, token).subscribe(ticks).ended;
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
    const overHttp = await fetch(`${server.url}?query=${encodeURIComponent(ticks)}`, { headers });
    return { overWebSocket, overHttp };
  }

  test.each(['ws', 'sse'] as const)('are refused at once, too, where they go over %s', async (kind) => {
    gate = await startGate(() => startScripted(answer), { ...settings, upstreamSubscriptions: kind });
    await fall();
    const { overWebSocket, overHttp } = await refusals();
    expect(overWebSocket.extensions).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', retryAfter: 1 });
    expect([overHttp.status, overHttp.headers.get('retry-after')]).toEqual([502, '1']);
  });

  test('are asked for where they are somewhere else', async () => {
    const elsewhere = await startSockets();
    onTestFinished(() => elsewhere.close());
    gate = await startGate(() => startScripted(answer), { ...settings, upstreamSubscriptionUrl: elsewhere.url });
    await fall();
    const { events, ended } = overSocket(gate.server, gate.token).subscribe(ticks);
    expect(await ended).toBeUndefined();
    expect(events).toEqual([{ data: { ticks: 1 } }]);
  });
});

describe('an upstream that is there', () => {
  test('is not taken away from others by a caller whose queries take too long', async () => {
    gate = await startGate(
      () => startScripted((response, body) => (body.includes('hello') ? undefined : answer(response))),
      settings,
    );
    const slow = await Promise.all(Array.from({ length: 20 }, () => ask()));
    expect(new Set(slow.map(({ status }) => status))).toEqual(new Set([504]));
    expect(await isOpen()).toBe(false);
    expect((await ask('{ echo(text: "x") }')).status).toBe(200);
    expect(said('the upstream is away')).toBe(0);
  });

  test('is not taken away by a caller whose queries end its connections', async () => {
    gate = await startGate(
      () => startScripted((response, body) => (body.includes('hello') ? response.destroy() : answer(response))),
      settings,
    );
    for (let i = 0; i < 10; i++) expect((await ask()).status).toBe(502);
    expect(await isOpen()).toBe(false);
    expect((await ask('{ echo(text: "x") }')).status).toBe(200);
  });

  test('is there also if it answers nothing but errors', async () => {
    gate = await startGate(
      () => startScripted((response) => void response.writeHead(503, { 'content-type': 'text/html' }).end('busy')),
      settings,
    );
    for (let i = 0; i < 10; i++) expect((await ask()).body.errors[0].extensions.code).toBe('UPSTREAM_INVALID');
    expect(await isOpen()).toBe(false);
  });

  test('gives up on those who wait for a connection longer than upstreamTimeout', async () => {
    gate = await startGate(
      () => startScripted((response, body) => (body.includes('hello') ? undefined : answer(response))),
      { ...settings, upstreamTimeout: 1_000 },
    );
    // 128 connections, all of them at work.
    const all = await Promise.all(Array.from({ length: 140 }, () => ask()));
    expect(new Set(all.map(({ status }) => status))).toEqual(new Set([504]));
    expect((await ask('{ echo(text: "x") }')).status).toBe(200);
  });
});
