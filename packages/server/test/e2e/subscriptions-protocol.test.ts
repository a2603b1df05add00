import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { parseRaw, sendRaw } from '../raw.js';
import { openSession, openWebSocket, refusalOf, type SocketOptions, subscribe, type TestSocket } from '../sockets.js';
import { type SocketUpstream, start } from '../upstreams/sockets.js';

let gate: Gate<SocketUpstream>;
beforeAll(async () => {
  gate = await startGate(start, { connectionInitTimeout: 150, corsOrigins: ['https://app.example'] });
});
afterAll(() => gate.stop());

async function open(options?: SocketOptions): Promise<TestSocket> {
  const opened = await openWebSocket(gate.server, options);
  onTestFinished(() => opened.socket.terminate());
  return opened;
}

/** Who the connection is, according to the server. */
async function userOf(socket: TestSocket): Promise<unknown> {
  await socket.receive('connection_ack');
  socket.send(subscribe('who', '{ viewer { userName } }'));
  return (await socket.receive('next')).payload.data.viewer.userName;
}

const init = { type: 'connection_init' };
const ticks = subscribe('a', 'subscription { ticks(count: 100000) }');

describe('a WebSocket is closed', () => {
  test('with 4401 if an operation comes before connection_init, or before its answer', async () => {
    const early = await open();
    early.send(ticks);
    expect(await early.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
    const hasty = await open();
    hasty.send({ ...init, payload: { Authorization: gate.token } }, ticks);
    expect(await hasty.closed).toEqual({ code: 4401, reason: 'Unauthorized' });
    expect(gate.upstream.openSockets()).toBe(0);
  });

  test('with 4429 after a second connection_init', async () => {
    const socket = await open();
    socket.send(init, init);
    expect(await socket.closed).toEqual({ code: 4429, reason: 'Too many initialisation requests' });
  });

  test.each(['graphql-ws', ''])('with 4406 if its protocol is %j', async (protocol) => {
    const refused = openWebSocket(gate.server, { protocol }).then(({ closed }) => closed);
    // The client itself finds that nobody has agreed to what it asked for.
    if (protocol !== '') await expect(refused).rejects.toThrow('subprotocol');
    else expect(await refused).toEqual({ code: 4406, reason: 'Subprotocol not acceptable' });
  });

  test('with 4408 if no connection_init comes', async () => {
    expect(await (await open()).closed).toEqual({ code: 4408, reason: 'Connection initialisation timeout' });
  });

  test('with 4409 if an id is used twice at a time, and not if it is used again later', async () => {
    const socket = await openSession(gate.server, gate.token);
    const short = subscribe('b', 'subscription { ticks(count: 1) }');
    socket.send(short);
    await socket.receive('complete');
    socket.send(short, ticks, ticks);
    expect(await socket.closed).toEqual({ code: 4409, reason: 'Subscriber already exists' });
    await expect.poll(() => gate.upstream.openSockets()).toBe(0);
  });

  test.each([
    ['{', 'text that is no JSON'],
    ['[]', 'a list'],
    ['{"type":"nonsense"}', 'an unknown type'],
    ['{"type":"subscribe","id":1,"payload":{"query":"{a}"}}', 'an id that is no text'],
    ['{"type":"subscribe","id":"1","payload":{"query":1}}', 'a document that is no text'],
    ['{"type":"next","id":"1","payload":{}}', 'a message that is not for callers to send'],
    [`{"type":"subscribe","id":"${'x'.repeat(1_001)}","payload":{"query":"{a}"}}`, 'an id without end'],
  ])('with 4400 for %s', async (text) => {
    const socket = await openSession(gate.server);
    socket.socket.send(text);
    expect(await socket.closed).toEqual({ code: 4400, reason: 'Invalid message received' });
  });

  test('with 4400 for a binary message', async () => {
    const socket = await openSession(gate.server);
    socket.socket.send(Buffer.from('{"type":"ping"}'));
    expect((await socket.closed).code).toBe(4400);
  });

  test.each([
    ['not a token', 'UNAUTHENTICATED'],
    ['Bearer undefined', 'UNAUTHENTICATED'],
    ['Basic YTpi', 'UNAUTHENTICATED'],
  ])('with 4401 for the credential %j', async (Authorization, reason) => {
    const socket = await open();
    socket.send({ ...init, payload: { Authorization } });
    expect(await socket.closed).toEqual({ code: 4401, reason });
    expect(gate.server.log.lines).toContainEqual(
      expect.objectContaining({ message: 'request refused', fields: expect.objectContaining({ code: reason }) }),
    );
  });

  test('with 4401 and the code for a token whose session has ended', async () => {
    const { accessToken } = await gate.server.signIn('ada@example.com');
    await gate.server.ask('mutation { signOut { sessionsEnded } }', { token: accessToken });
    const socket = await open();
    socket.send({ ...init, payload: { Authorization: accessToken } });
    expect(await socket.closed).toEqual({ code: 4401, reason: 'TOKEN_REVOKED' });
  });

  test('with 4400 if it speaks with two tokens', async () => {
    const { accessToken } = await gate.server.signIn('ada@example.com');
    const socket = await open({ headers: { authorization: `Bearer ${gate.token}` } });
    socket.send({ ...init, payload: { Authorization: accessToken } });
    expect(await socket.closed).toEqual({ code: 4400, reason: 'AMBIGUOUS_CREDENTIALS' });
  });
});

describe('a WebSocket takes its token', () => {
  test.each([
    ['Authorization', (token: string) => ({ Authorization: `Bearer ${token}` })],
    ['authorisation in British, without "Bearer"', (token: string) => ({ authorisation: token })],
    ['bEaReR', (token: string) => ({ AUTHORIZATION: `bEaReR ${token}` })],
    ['headers', (token: string) => ({ headers: { Authorization: `Bearer ${token}` } })],
    [
      'both places, if it is the same',
      (token: string) => ({ authorization: token, headers: { Authorization: token } }),
    ],
  ])('from connection_init: %s', async (_name, payload) => {
    const socket = await open();
    socket.send({ ...init, payload: payload(gate.token) });
    expect(await userOf(socket)).toBe('ada@example.com');
  });

  test('from the header of the request, also if connection_init says the same or nothing', async () => {
    for (const payload of [undefined, {}, { Authorization: '' }, { Authorization: `Bearer ${gate.token}` }]) {
      const socket = await open({ headers: { Authorisation: `Bearer ${gate.token}` } });
      socket.send({ ...init, ...(payload && { payload }) });
      expect(await userOf(socket)).toBe('ada@example.com');
    }
  });

  test('and gives it to the upstream in both places', async () => {
    const socket = await openSession(gate.server, gate.token);
    onTestFinished(() => socket.socket.terminate());
    socket.send(subscribe('a', 'subscription { headersSeen { name value } }'));
    const { headersSeen } = (await socket.receive('next')).payload.data;
    expect(headersSeen).toContainEqual({ name: 'authorization', value: `Bearer ${gate.token}` });
    expect(gate.upstream.payloads.at(-1)).toEqual({ Authorization: `Bearer ${gate.token}` });
  });
});

describe('a WebSocket', () => {
  test('without a token stands, and is told which operation needs one', async () => {
    const socket = await openSession(gate.server);
    onTestFinished(() => socket.socket.terminate());
    socket.send(subscribe('a', '{ viewer { id } }'), subscribe('b', '{ __typename }'));
    expect(await socket.receive('error')).toMatchObject({
      id: 'a',
      payload: [{ extensions: { code: 'UNAUTHENTICATED', hint: expect.stringContaining('signIn') } }],
    });
    expect(await socket.receive('next')).toEqual({ id: 'b', type: 'next', payload: { data: { __typename: 'Query' } } });
  });

  test('does not let a caller forge what the upstream believes', async () => {
    const headers = {
      'x-forwarded-for': '6.6.6.6',
      'X-Latchkey-User': 'root',
      x_latchkey_user: 'root',
      cookie: 'a=b',
      'x-mine': 'yes',
    };
    const socket = await open({ headers });
    socket.send({ ...init, payload: { Authorization: gate.token } });
    await socket.receive('connection_ack');
    socket.send(subscribe('a', 'subscription { headersSeen { name value } }'));
    const { headersSeen } = (await socket.receive('next')).payload.data;
    const values = Object.fromEntries(headersSeen.map(({ name, value }: Record<string, string>) => [name, value]));
    expect(values).toMatchObject({ 'x-forwarded-for': '127.0.0.1', 'x-mine': 'yes' });
    expect(Object.keys(values).filter((name) => /latchkey|cookie/.test(name))).toEqual([]);
  });

  test('shares one WebSocket to the upstream among its subscriptions, and closes it after the last', async () => {
    // Those of the tests before.
    await expect.poll(() => gate.upstream.openSockets()).toBe(0);
    const socket = await openSession(gate.server, gate.token);
    onTestFinished(() => socket.socket.terminate());
    socket.send(ticks, { ...ticks, id: 'b' }, { ...ticks, id: 'c' });
    await expect.poll(() => new Set(socket.messages.map(({ id }) => id)).size).toBe(4);
    expect(gate.upstream.openSockets()).toBe(1);
    for (const id of ['a', 'b', 'c']) socket.send({ id, type: 'complete' });
    await expect.poll(() => gate.upstream.openSockets()).toBe(0);
    socket.send({ ...ticks, id: 'd' });
    await expect.poll(() => socket.messages.some(({ id }) => id === 'd')).toBe(true);
  });

  test('ends what the upstream has cut, once and with a code, and can go on', async () => {
    const socket = await openSession(gate.server, gate.token);
    onTestFinished(() => socket.socket.terminate());
    socket.send(ticks);
    await socket.receive('next');
    gate.upstream.cut();
    const error = await socket.receive('error');
    expect(error).toMatchObject({ id: 'a', payload: [{ extensions: { code: 'UPSTREAM_UNAVAILABLE' } }] });
    socket.send({ ...ticks, id: 'b' });
    await expect.poll(() => socket.messages.some(({ id, type }) => id === 'b' && type === 'next')).toBe(true);
  });

  test('answers a ping with its payload', async () => {
    const socket = await openSession(gate.server);
    onTestFinished(() => socket.socket.terminate());
    socket.send({ type: 'ping', payload: { a: 1 } });
    expect(await socket.receive('pong')).toEqual({ type: 'pong', payload: { a: 1 } });
  });

  test('is opened at /graphql/ too, and nowhere else', async () => {
    expect((await open({ path: '/' })).socket.readyState).toBe(1);
    await expect(openWebSocket({ url: `${gate.server.origin}/metrics` })).rejects.toThrow('404');
  });

  test('is not opened by a page of another site', async () => {
    expect(await refusalOf(gate.server, { origin: 'https://evil.example' })).toEqual({
      status: 403,
      code: 'ORIGIN_NOT_ALLOWED',
    });
    for (const origin of ['https://app.example', gate.server.origin]) {
      expect((await open({ headers: { origin } })).socket.readyState).toBe(1);
    }
  });

  test('is not what a client of HTTP/2 gets that offers it with its request', async () => {
    const body = JSON.stringify({ query: '{ __typename }' });
    const request = [
      'POST /graphql HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade, HTTP2-Settings, close',
      'Upgrade: h2c',
      'HTTP2-Settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA',
      'Content-Type: application/json',
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n');
    const answer = parseRaw(await sendRaw(gate.server.origin, request));
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ data: { __typename: 'Query' } });
  });
});
