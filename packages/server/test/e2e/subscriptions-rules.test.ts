import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { sha256 } from '../../src/graphql/manifest.js';
import { type Gate, startGate } from '../gate.js';
import { makeTempDirectory } from '../harness.js';
import { openSession, refusalOf, subscribe } from '../sockets.js';
import { overEvents } from '../subscribers.js';
import { subscribed } from '../upstreams/schema.js';
import { type SocketUpstream, start } from '../upstreams/sockets.js';

/** The token bucket holds this many requests, and is filled too slowly to matter here. */
const callerBurst = 20;
const headersSeen = 'subscription { headersSeen { name value } }';

describe('the rules of HTTP hold on a WebSocket', () => {
  let gate: Gate<SocketUpstream>;
  beforeAll(async () => {
    gate = await startGate(start, {
      callerConcurrency: 3,
      documentMaxCost: 50,
      upstreamIdentity: 'jwt',
      upstreamHeader: { 'x-secret': 'open sesame' },
    });
  });
  afterAll(() => gate.stop());

  async function session() {
    const opened = await openSession(gate.server, gate.token);
    onTestFinished(() => opened.socket.terminate());
    return opened;
  }

  test('a subscription is asked for with the token that is made for the upstream', async () => {
    const { send, receive } = await session();
    send(subscribe('a', headersSeen));
    const headers = (await receive('next')).payload.data.headersSeen;
    const { value } = headers.find(({ name }: { name: string }) => name === 'authorization');
    expect(headers).toContainEqual({ name: 'x-secret', value: 'open sesame' });
    const token = value.replace('Bearer ', '');
    expect(decodeProtectedHeader(token).typ).toBe('JWT');
    expect(decodeJwt(token).aud).toBe(gate.upstream.url);
    expect(gate.upstream.payloads.at(-1)).toEqual({ Authorization: value });
    const { events, ended } = overEvents(gate.server, gate.token).subscribe(headersSeen);
    await ended;
    const overHttp = events[0].data.headersSeen.find(({ name }: { name: string }) => name === 'authorization');
    expect(decodeProtectedHeader(overHttp.value.replace('Bearer ', '')).typ).toBe('JWT');
  });

  test('what is ended before it is known who asks never gets to the upstream', async () => {
    const { accessToken } = await gate.server.signIn('ada@example.com');
    const { send, receive } = await openSession(gate.server, accessToken);
    send(subscribe('a', 'subscription { ticks(count: 100000) }'), { id: 'a', type: 'complete' });
    send(subscribe('b', '{ hello }'));
    await receive('next');
    await expect.poll(() => subscribed.count).toBe(0);
  });

  test('a document costs what it costs', async () => {
    const { send, receive } = await session();
    send(subscribe('a', '{ widgets(first: 1000) { id } }'));
    expect((await receive('error')).payload[0].extensions.code).toBe('DOCUMENT_TOO_COSTLY');
  });

  test('queries count as work in progress, and subscriptions do not', async () => {
    const { send, messages } = await session();
    for (let i = 0; i < 10; i++) send(subscribe(`s${i}`, 'subscription { ticks(count: 100000, everyMs: 10) }'));
    await expect.poll(() => subscribed.count).toBe(10);
    for (let i = 0; i < 4; i++) send(subscribe(`q${i}`, '{ slow(ms: 100) }'));
    const endOf = (id: string) => messages.find((one) => one.id === id && one.type !== 'complete');
    await expect.poll(() => [0, 1, 2, 3].every((i) => endOf(`q${i}`))).toBe(true);
    expect([0, 1, 2, 3].map((i) => endOf(`q${i}`).type)).toEqual(['next', 'next', 'next', 'error']);
    expect(endOf('q3').payload[0].extensions.code).toBe('TOO_MANY_AT_ONCE');
    send(subscribe('later', '{ hello }'));
    await expect.poll(() => endOf('later')?.type).toBe('next');
  });

  test('a document may be named by its hash, with none beside it', async () => {
    const { send, messages } = await session();
    const query = 'subscription { ticks(count: 1) }';
    const extensions = { persistedQuery: { version: 1, sha256Hash: sha256(query) } };
    send({ id: 'a', type: 'subscribe', payload: { extensions } });
    await expect.poll(() => JSON.stringify(messages.at(-1))).toContain('PERSISTED_QUERY_NOT_FOUND');
    send({ id: 'b', type: 'subscribe', payload: { query, extensions } });
    await expect.poll(() => messages.at(-1)).toEqual({ id: 'b', type: 'complete' });
    send({ id: 'c', type: 'subscribe', payload: { extensions } });
    await expect.poll(() => messages.some(({ id, type }) => id === 'c' && type === 'next')).toBe(true);
  });

  test.each(['null', '"text"', '[]', '7'])('a payload that is %s names nothing', async (payload) => {
    const { socket, closed } = await session();
    socket.send(`{"type":"subscribe","id":"1","payload":${payload}}`);
    expect((await closed).code).toBe(4400);
  });
});

test('each operation on a WebSocket counts as a request, each WebSocket of nobody too', async () => {
  const own = await startGate(start, { callerBurst, callerRate: 1 });
  onTestFinished(() => own.stop());
  const { send, messages } = await openSession(own.server, own.token);
  for (let i = 0; i < callerBurst + 5; i++) send(subscribe(`${i}`, '{ viewer { id } }'));
  await expect.poll(() => messages.filter(({ type }) => type === 'next' || type === 'error').length).toBe(25);
  const refused = messages.filter(({ payload }) => /RATE_LIMITED/.test(JSON.stringify(payload)));
  expect(refused.length).toBeGreaterThan(0);
  let refusal: { status: number; code: string } | undefined;
  for (let i = 0; i < callerBurst + 5 && !refusal; i++) {
    refusal = await refusalOf(own.server, {}).catch(() => undefined);
  }
  expect(refusal).toEqual({ status: 429, code: 'RATE_LIMITED' });
});

test('where only trusted documents reach the upstream, no other is subscribed to', async () => {
  const trustedDocuments = join(await makeTempDirectory(), 'documents.json');
  const query = 'subscription { ticks(count: 1) }';
  writeFileSync(trustedDocuments, JSON.stringify({ ticks: query }));
  const own = await startGate(start, { documents: 'trusted', trustedDocuments });
  onTestFinished(() => own.stop());
  const { send, messages } = await openSession(own.server, own.token);
  send(subscribe('a', 'subscription { ticks(count: 2) }'));
  await expect.poll(() => JSON.stringify(messages.at(-1))).toContain('DOCUMENT_NOT_TRUSTED');
  send({ id: 'b', type: 'subscribe', payload: { documentId: 'ticks' } });
  await expect.poll(() => messages.at(-1)).toEqual({ id: 'b', type: 'complete' });
});
