import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import {
  buildClientSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  isIntrospectionType,
  printType,
  validateSchema,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Gate, readiness, startGate, untilInService } from '../gate.js';
import { startTestServer, type TestServer } from '../harness.js';
import { sendJson, startScripted } from '../scripted-upstream.js';
import { type Upstream, upstreams } from '../upstreams/index.js';

const ownTypes = [
  'SignInCredentials',
  'SignInRefreshCredentials',
  'SignInResult',
  'SignOutResult',
  'UsagePeriod',
  'Viewer',
  'ViewerOperationUsage',
  'ViewerQuota',
  'ViewerSession',
  'ViewerUsage',
];

/** The schema as introspection shows it to a caller. */
async function introspect(server: Pick<TestServer, 'ask'>, token?: string): Promise<GraphQLSchema> {
  const { body } = await server.ask(
    getIntrospectionQuery({ inputValueDeprecation: true }),
    token === undefined ? {} : { token },
  );
  return buildClientSchema(body.data);
}

const fieldsOf = (schema: GraphQLSchema, type: 'Query' | 'Mutation') =>
  Object.keys(schema[`get${type}Type`]()?.getFields() ?? {}).sort();

describe.each(upstreams)('the schema before $name', ({ start }) => {
  let gate: Gate<Upstream>;
  let direct: GraphQLSchema;
  beforeAll(async () => {
    gate = await startGate(start);
    const response = await fetch(gate.upstream.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: getIntrospectionQuery({ inputValueDeprecation: true }) }),
    });
    direct = buildClientSchema((await response.json()).data);
  });
  afterAll(() => gate.stop());

  test('is for a caller with a token the whole of theirs and ours', async () => {
    const merged = await introspect(gate.server, gate.token);
    expect(validateSchema(merged)).toEqual([]);
    expect(fieldsOf(merged, 'Query')).toEqual([...fieldsOf(direct, 'Query'), 'viewer'].sort());
    expect(fieldsOf(merged, 'Mutation')).toEqual(
      [...fieldsOf(direct, 'Mutation'), 'revokeSession', 'signIn', 'signInRefresh', 'signOut'].sort(),
    );
    for (const type of Object.values(direct.getTypeMap())) {
      if (isIntrospectionType(type) || type.name === 'Query' || type.name === 'Mutation') continue;
      expect(printType(merged.getType(type.name) as typeof type)).toBe(printType(type));
    }
    for (const name of ownTypes) expect(merged.getType(name)?.name).toBe(name);
  });

  test('is for a caller without one only ours', async () => {
    const own = await introspect(gate.server);
    expect(validateSchema(own)).toEqual([]);
    expect(fieldsOf(own, 'Query')).toEqual(['viewer']);
    expect(fieldsOf(own, 'Mutation')).toEqual(['revokeSession', 'signIn', 'signInRefresh', 'signOut']);
    const names = Object.keys(own.getTypeMap()).filter((name) => !name.startsWith('__'));
    expect(names.sort()).toEqual(['Boolean', 'Float', 'ID', 'Int', 'Mutation', 'Query', 'String', ...ownTypes].sort());
    const { body } = await gate.server.ask('{ __type(name: "Widget") { name } }');
    expect(body).toEqual({ data: { __type: null } });
  });

  test('is the same at each time, to each of the two', async () => {
    const query = '{ __schema { types { name } } }';
    const ask = async (options = {}) => (await gate.server.ask(query, options)).body.data.__schema.types.length;
    const counts = [await ask(), await ask({ token: gate.token }), await ask(), await ask({ token: gate.token })];
    expect(counts[0]).toBe(counts[2]);
    expect(counts[1]).toBe(counts[3]);
    expect(counts[1]).toBeGreaterThan(counts[0]);
  });

  test('has subscriptions, but not in one answer', async () => {
    const { status, body } = await gate.server.ask('subscription { ticks(count: 1) }', { token: gate.token });
    expect({ status, code: body.errors[0].extensions.code }).toEqual({
      status: 400,
      code: 'SUBSCRIPTION_NOT_SUPPORTED',
    });
  });
});

describe('an upstream that starts later', () => {
  test('is asked again and again, and is then in service', async () => {
    const port = await findFreePort();
    const server = await startTestServer({ upstream: `http://127.0.0.1:${port}/graphql` });
    onTestFinished(() => server.stop());
    await server.addUser('ada@example.com');
    const { accessToken: token } = await server.signIn('ada@example.com');
    expect(await readiness(server)).toEqual({ status: 'ready', signIn: true, upstream: 'not reached yet' });
    const early = await server.ask('{ hello }', { token });
    expect({ status: early.status, code: early.body.errors[0].extensions.code }).toEqual({
      status: 502,
      code: 'UPSTREAM_UNAVAILABLE',
    });
    expect((await server.ask('{ viewer { userName } }', { token })).status).toBe(200);
    expect(fieldsOf(await introspect(server, token), 'Query')).toEqual(['viewer']);

    const pauses = () => server.log.lines.flatMap(({ fields }) => ('retryInMs' in fields ? [fields.retryInMs] : []));
    await vi.waitUntil(() => pauses().length >= 2, { timeout: 10_000 });
    expect(pauses().slice(0, 2)).toEqual([250, 500]);
    const upstream = await startScripted((response) => sendJson(response, { data: { hello: 'at last' } }), { port });
    onTestFinished(() => upstream.close());
    await untilInService(server);
    expect(await readiness(server)).toEqual({ status: 'ready', signIn: true, upstream: 'in service' });
    expect((await server.ask('{ hello }', { token })).body).toEqual({ data: { hello: 'at last' } });
    expect(fieldsOf(await introspect(server, token), 'Query')).toContain('hello');
  });

  test('may be something else at first', async () => {
    const port = await findFreePort();
    const other = createServer((_, response) => void response.end('<h1>Starting</h1>')).listen(port, '127.0.0.1');
    await once(other, 'listening');
    const server = await startTestServer({ upstream: `http://127.0.0.1:${port}/graphql` });
    onTestFinished(() => server.stop());
    await vi.waitUntil(() => server.log.lines.some(({ message }) => message.includes('could not be read')));
    expect(await readiness(server)).toMatchObject({ signIn: true, upstream: 'not reached yet' });
    other.close();
    other.closeAllConnections();
    await once(other, 'close');
    const upstream = await startScripted(() => undefined, { port });
    onTestFinished(() => upstream.close());
    await untilInService(server);
  });

  test('does not keep the server from stopping', async () => {
    const server = await startTestServer({ upstream: `http://127.0.0.1:${await findFreePort()}/graphql` });
    await vi.waitUntil(() => server.log.lines.some(({ message }) => message.includes('could not be read')));
    await server.stop();
  });
});

describe('an upstream of before 2021', () => {
  test('that does not know the newer questions of introspection is asked the older ones', async () => {
    const upstream = await startScripted(() => undefined);
    onTestFinished(() => upstream.close());
    const old = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += chunk;
      if (/specifiedByURL|isRepeatable|includeDeprecated: true\)\s*\{\s*\.\.\.InputValue/.test(body)) {
        return sendJson(
          response,
          { errors: [{ message: 'Cannot query field "specifiedByURL" on type "__Type".' }] },
          400,
        );
      }
      const answer = await fetch(upstream.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      });
      response.end(await answer.text());
    }).listen(0, '127.0.0.1');
    await once(old, 'listening');
    onTestFinished(() => void old.close().closeAllConnections());
    const server = await startTestServer({ upstream: `http://127.0.0.1:${(old.address() as AddressInfo).port}/` });
    onTestFinished(() => server.stop());
    await untilInService(server);
  });
});

async function findFreePort(): Promise<number> {
  const probe = createTcpServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
