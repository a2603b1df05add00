import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Config } from '../../src/config/schema.js';
import { type Gate, startGate } from '../gate.js';
import { sendJsonText, startScripted } from '../scripted-upstream.js';
import { openSession, subscribe } from '../sockets.js';
import { startTalking, type Talking } from '../talking-upstream.js';

const headersSeen = 'subscription { headersSeen { name value } }';
const ticks = 'subscription { ticks(count: 1) }';

/** A caller's WebSocket before an upstream that says to each subscription what `say` gives, as messages without the id. */
async function open(say: (payload: string, next: (payload: string) => void) => void, config: Partial<Config> = {}) {
  const gate: Gate<Talking> = await startGate(startTalking, config);
  onTestFinished(() => gate.stop());
  const { upstream } = gate;
  upstream.say = (socket, id) => {
    const asked = JSON.stringify(upstream.messages.at(-1));
    say(asked, (payload) => socket.send(`{"id":"${id}","type":"next","payload":${payload}}`));
  };
  const session = await openSession(gate.server, gate.token);
  onTestFinished(() => session.socket.terminate());
  const told = (wanted: string) => session.messages.filter(({ id }) => id === wanted);
  return { ...session, upstream, server: gate.server, told };
}

const running = async ({ origin }: Gate<unknown>['server']) =>
  /^latchkey_stream_operations (\d+)$/m.exec(await (await fetch(`${origin}/metrics`)).text())?.[1];

describe('a subscription that an event has ended here', () => {
  // More than can be gone through to keep a part of it back.
  const tooMuch = JSON.stringify({ data: { headersSeen: Array.from({ length: 130_000 }, () => ({ name: '' })) } });
  const policy: Config['policy'] = { 'Header.value': { scopes: [['headers']] } };

  test('is ended at the upstream too, and holds up no other on its connection', async () => {
    let sayMore: () => void = () => undefined;
    const { send, receive, told, upstream, server } = await open(
      (asked, next) => {
        if (asked.includes('ticks')) {
          sayMore = () => next('{"data":{"ticks":1}}');
          return;
        }
        next(tooMuch);
        // Far beyond the buffer.
        for (let i = 0; i < 40; i++) next(`{"data":{"headersSeen":[]},"extensions":{"x":"${'x'.repeat(50_000)}"}}`);
      },
      { policy, subscriptionBuffer: 65_536 },
    );
    send(subscribe('b', ticks), subscribe('a', headersSeen));
    const { id, payload } = await receive('error');
    expect([id, payload[0].extensions.code]).toEqual(['a', 'DOCUMENT_TOO_COMPLEX']);
    await expect.poll(() => upstream.messages.at(-1)).toEqual({ id: '2', type: 'complete' });
    sayMore();
    await expect.poll(() => told('b').map(({ payload }) => payload)).toEqual([{ data: { ticks: 1 } }]);
    await expect.poll(() => running(server)).toBe('1');
  });
});

describe('what an upstream over a WebSocket sends as an event, and is no answer,', () => {
  test.each(['{}', '[]', '[1]', '{"data":7}', '{"errors":{}}', '{"errors":["no"]}'])(
    'ends its subscription alone: %s',
    async (payload) => {
      let sayMore: () => void = () => undefined;
      const { send, receive, told, upstream } = await open((asked, next) => {
        if (asked.includes('headersSeen')) next(payload);
        else sayMore = () => next('{"data":{"ticks":1}}');
      });
      send(subscribe('b', ticks), subscribe('a', headersSeen));
      const error = await receive('error');
      expect([error.id, error.payload[0].extensions.code]).toEqual(['a', 'UPSTREAM_INVALID']);
      await expect.poll(() => upstream.messages.at(-1)).toEqual({ id: '2', type: 'complete' });
      sayMore();
      await expect.poll(() => told('b').map(({ payload }) => payload)).toEqual([{ data: { ticks: 1 } }]);
    },
  );

  test.each(['7', '{}', '["no"]'])('ends all on its connection where it is no list of errors: %s', async (payload) => {
    const gate = await startGate(startTalking);
    onTestFinished(() => gate.stop());
    gate.upstream.say = (socket, id) => {
      if (id === '2') socket.send(`{"id":"2","type":"error","payload":${payload}}`);
    };
    const { socket, send, messages } = await openSession(gate.server, gate.token);
    onTestFinished(() => socket.terminate());
    send(subscribe('a', ticks), subscribe('b', ticks));
    const codes = () => messages.filter(({ type }) => type === 'error').map((one) => one.payload[0].extensions.code);
    await expect.poll(codes).toEqual(['UPSTREAM_INVALID', 'UPSTREAM_INVALID']);
  });
});

describe('numbers in the errors of an upstream that refuses an operation are passed on as it wrote them', () => {
  const refused = '[{"message":"no","extensions":{"limit":1.0,"id":12345678901234567890}}]';
  /** An answer with a status of its own is read in the same way. */
  const answer = (response: ServerResponse) => sendJsonText(response, `{"errors":${refused}}`, 400);

  /** What a caller gets, byte by byte. */
  async function overSocket({ server, token }: Gate<unknown>, query: string): Promise<string> {
    const { socket, send } = await openSession(server, token);
    onTestFinished(() => socket.terminate());
    const told = once(socket, 'message');
    send(subscribe('a', query));
    return String((await told)[0]);
  }

  async function overEvents({ server, token }: Gate<unknown>, query: string): Promise<string> {
    const headers = { accept: 'text/event-stream', authorization: `Bearer ${token}` };
    return (await fetch(`${server.url}?query=${encodeURIComponent(query)}`, { headers })).text();
  }

  const message = `{"id":"a","type":"error","payload":${refused}}`;
  const event = `event: next\ndata: {"errors":${refused}}\n\n`;

  test.each([
    ['a query', '{ hello }'],
    ['a subscription', ticks],
  ])('where %s is refused over HTTP', async (_, query) => {
    const gate = await startGate(() => startScripted(answer), { upstreamSubscriptions: 'sse' });
    onTestFinished(() => gate.stop());
    expect(await overSocket(gate, query)).toBe(message);
    expect(await overEvents(gate, query)).toContain(event);
  });

  test('where a subscription is refused over a WebSocket', async () => {
    const gate = await startGate(startTalking);
    onTestFinished(() => gate.stop());
    gate.upstream.say = (socket, id) => socket.send(`{"id":"${id}","type":"error","payload":${refused}}`);
    expect(await overSocket(gate, ticks)).toBe(message);
    expect(await overEvents(gate, ticks)).toContain(event);
  });
});
