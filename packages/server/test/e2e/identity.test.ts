import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Config } from '../../src/config/schema.js';
import { type Gate, startGate } from '../gate.js';
import { postRaw } from '../raw.js';
import { type ScriptedUpstream, sendJson, startScripted } from '../scripted-upstream.js';

const secret = 'q9-the-secret-of-the-gate';
const other = 'q9-the-secret-for-introspection';

/** An API that shows in its answer's header whatever it was asked with, as a careless one might. */
const echo = () =>
  startScripted((response, body, request) => {
    for (const [name, value] of Object.entries(request.headers)) {
      if (/^(x-|authorization)/.test(name)) response.setHeader(name, value as string);
    }
    sendJson(response, { data: body.includes('echo') ? { echo: 'said' } : { hello: 'world' } });
  });

describe('with header fields as the identity and a secret header', () => {
  let gate: Gate<ScriptedUpstream>;
  let id: string;
  beforeAll(async () => {
    gate = await startGate(echo, {
      upstreamIdentity: 'headers',
      upstreamIdentityHeaders: { 'X-User': '{userId}', 'X-Name': 'name={userName}', 'X-Latchkey-Scope': '{scope}' },
      upstreamHeader: { 'X-Api-Key': secret, Authorization: `Bearer ${secret}` },
      introspectionHeader: { 'X-Read-Key': other, 'x-api-key': other },
    });
    id = (await gate.server.ask('{ viewer { id } }', { token: gate.token })).body.data.viewer.id;
  });
  afterAll(() => gate.stop());

  const seen = () => gate.upstream.requests.at(-1)?.headers ?? {};
  const identity = () => ({ 'x-user': id, 'x-name': 'name=ada@example.com', 'x-latchkey-scope': '' });

  test.each<readonly string[]>([
    [],
    ['X-User: root'],
    ['x-user: root', 'X-USER: root', 'X_User: root', 'x.user: root', 'X-Name: name=root'],
    ['X-Latchkey-User-Id: root', 'x_latchkey_scope: all', 'X-Latchkey-Scope: all'],
    ['X-Api-Key: mine', 'X_Api_Key: mine', 'X-Read-Key: mine', 'X-READ_KEY: mine'],
    ['Connection: X-User, authorization, x-api-key, x-name', 'X-User: root'],
    ['Connection: x-latchkey-scope', 'Connection: x-user'],
  ])('the API sees these and no others, whatever a caller adds: %j', async (...lines) => {
    const lineOfToken = `Authorization: Bearer ${gate.token}`;
    const { status } = await postRaw(gate.server.url, [lineOfToken, ...lines], { query: '{ hello }' });
    expect(status).toBe(200);
    const { host, connection, 'content-type': _, 'content-length': __, ...headers } = seen();
    expect(headers).toEqual({
      ...identity(),
      authorization: `Bearer ${secret}`,
      'x-api-key': secret,
      'x-request-id': expect.any(String),
      'x-forwarded-for': '127.0.0.1',
    });
  });

  test('a part of an operation is asked for in the same way', async () => {
    await gate.server.ask('{ viewer { id } hello }', { token: gate.token, headers: { 'x-user': 'root' } });
    expect(seen()).toMatchObject({ ...identity(), 'x-api-key': secret, authorization: `Bearer ${secret}` });
  });

  test('introspection has the secret that is for it, and says nobody', () => {
    const { headers } = gate.upstream.requests.find(({ body }) => body.includes('IntrospectionQuery')) ?? {};
    expect(headers).toMatchObject({ 'x-api-key': other, 'x-read-key': other, authorization: `Bearer ${secret}` });
    expect(headers).not.toHaveProperty('x-user');
    const rest = gate.upstream.requests.filter(({ body }) => !body.includes('IntrospectionQuery'));
    expect(JSON.stringify(rest)).not.toContain(other);
  });

  test('no secret comes back to the caller, and none is in the log', async () => {
    const { headers, body } = await gate.server.ask('{ hello }', { token: gate.token, headers: { 'x-mine': 'kept' } });
    expect(headers.get('x-mine')).toBe('kept');
    await gate.server.ask('{ echo(text: 1) }', { token: gate.token });
    expect(JSON.stringify([[...headers], body, gate.server.log.lines])).not.toContain('q9-');
  });
});

/** A gate of one test. */
async function open(config: Partial<Config>) {
  const gate = await startGate(echo, config);
  onTestFinished(() => gate.stop());
  return gate;
}

test('an API that is told of nobody gets neither a token nor a field', async () => {
  const { server, upstream, token } = await open({ upstreamIdentity: 'none' });
  await server.ask('{ hello }', { token, headers: { 'X-Latchkey-User-Id': 'root' } });
  const names = Object.keys(upstream.requests.at(-1)?.headers ?? {});
  expect(names.filter((name) => /authorization|latchkey/.test(name))).toEqual([]);
});

test('a token made for the API is sent from request to request, and never shown to the caller', async () => {
  const { server, upstream, token } = await open({ upstreamIdentity: 'jwt', upstreamAudience: 'the API' });
  const answers = [];
  for (const query of ['{ hello }', '{ echo(text: "a") }', '{ viewer { id } hello }']) {
    answers.push(await server.ask(query, { token }));
  }
  const sent = upstream.requests.flatMap(({ headers: { authorization } }) => authorization ?? []);
  expect(sent).toHaveLength(3);
  expect(new Set(sent).size).toBe(1);
  expect(sent[0]).not.toContain(token);
  for (const { headers } of answers) expect(headers.get('authorization')).toBeNull();
  expect(JSON.stringify(server.log.lines)).not.toContain(sent[0]?.slice(-40));
});

test('a name that cannot be looked up fails the part of the API alone, with a code', async () => {
  const { server, token, upstream } = await open({ upstreamIdentity: 'headers' });
  const { DatabaseSync } = await import('@photostructure/sqlite');
  const database = new DatabaseSync(`${server.data}/latchkey.db`, { timeout: 5_000 });
  database.exec('ALTER TABLE users RENAME TO lost');
  const before = upstream.requests.length;
  const whole = await server.ask('{ hello }', { token });
  const part = await server.ask('{ viewer { scope } hello }', { token });
  expect(upstream.requests).toHaveLength(before);
  database.exec('ALTER TABLE lost RENAME TO users');
  database.close();
  expect([whole.status, whole.body.errors[0].extensions.code]).toEqual([503, 'STORE_UNAVAILABLE']);
  expect(part.body.errors[0]).toMatchObject({ path: ['hello'], extensions: { code: 'STORE_UNAVAILABLE' } });
  expect((await server.ask('{ hello }', { token })).body.data).toEqual({ hello: 'world' });
});
