import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buildSchema, introspectionFromSchema } from 'graphql';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type ChangingUpstream, startChanging } from '../changing-upstream.js';
import { readiness, startGate, untilInService } from '../gate.js';
import { makeTempDirectory, startTestServer, type TestServer } from '../harness.js';
import { sendJson } from '../scripted-upstream.js';

async function startUpstream(sdl?: string): Promise<ChangingUpstream> {
  const upstream = await startChanging(sdl);
  onTestFinished(() => upstream.close());
  return upstream;
}

/** A server before the upstream, and a token for it; nothing is waited for. */
async function startBefore(url: string, config = {}): Promise<{ server: TestServer; token: string }> {
  const server = await startTestServer({ upstream: url, ...config });
  onTestFinished(() => server.stop());
  await server.addUser('ada@example.com');
  return { server, token: (await server.signIn('ada@example.com')).accessToken };
}

const refuse = (upstream: ChangingUpstream) =>
  upstream.misbehave((response) => sendJson(response, { errors: [{ message: 'Introspection is not allowed.' }] }));
const hello = { data: { hello: 'hello' } };

describe('until it is known what the schema says', () => {
  test('the first request waits for the introspection that is under way', async () => {
    const upstream = await startUpstream();
    const answers: (() => void)[] = [];
    const data = introspectionFromSchema(buildSchema('type Query { hello: String }'));
    upstream.misbehave((response) => void answers.push(() => sendJson(response, { data })));
    const { server, token } = await startBefore(upstream.url);
    // Started again, on the same data: the sign-in above took longer than a request is held.
    const again = await startTestServer({ upstream: upstream.url, data: server.data, publicUrl: server.origin });
    onTestFinished(() => again.stop());
    const asked = again.ask('{ hello }', { token });
    const split = again.ask('{ hello viewer { userName } }', { token });
    await vi.waitUntil(() => answers.length === 2);
    expect(await readiness(again)).toMatchObject({ upstream: 'not reached yet' });
    for (const answer of answers) answer();
    expect(await asked).toMatchObject({ status: 200, body: hello });
    expect((await split).body).toEqual({ data: { hello: 'hello', viewer: { userName: 'ada@example.com' } } });
  });

  test('nothing goes to the upstream: what is its is refused, what is ours is served', async () => {
    const upstream = await startUpstream();
    upstream.misbehave(() => undefined);
    const { server, token } = await startBefore(upstream.url, { upstreamTimeout: 60_000 });
    const { status, headers, body } = await server.ask('{ hello }', { token });
    expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 502, code: 'UPSTREAM_UNAVAILABLE' });
    expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    const split = await server.ask('{ hello viewer { userName } }', { token });
    expect(split.body.data).toEqual({ hello: null, viewer: { userName: 'ada@example.com' } });
    expect(split.body.errors).toMatchObject([{ path: ['hello'], extensions: { code: 'UPSTREAM_UNAVAILABLE' } }]);
    expect((await server.ask('{ viewer { userName } }', { token })).status).toBe(200);
  });

  test('a first schema that is not valid keeps it shut, and says so', async () => {
    const upstream = await startUpstream();
    const data = introspectionFromSchema(buildSchema('type Query { hello: String } type Empty', { assumeValid: true }));
    upstream.misbehave((response) => sendJson(response, { data }));
    const { server, token } = await startBefore(upstream.url);
    expect((await server.ask('{ hello }', { token })).status).toBe(502);
    expect(await readiness(server)).toEqual({
      status: 'ready',
      signIn: true,
      upstream: 'not reached yet',
      schemaProblem: 'The API gave a schema that cannot be served.',
    });
    upstream.misbehave();
    await untilInService(server);
    expect((await server.ask('{ hello }', { token })).body).toEqual(hello);
  });
});

describe('an upstream that refuses introspection', () => {
  test.each([
    ['with an error', (upstream: ChangingUpstream) => refuse(upstream)],
    [
      'with 403 and a page',
      (upstream: ChangingUpstream) => upstream.misbehave((response) => void response.writeHead(403).end('<h1>No</h1>')),
    ],
  ])('%s is forwarded to without its schema', async (_, refuses) => {
    const upstream = await startUpstream();
    refuses(upstream);
    const { server, token } = await startBefore(upstream.url);
    expect((await server.ask('{ hello }', { token })).body).toEqual(hello);
    expect(await readiness(server)).toEqual({
      status: 'ready',
      signIn: true,
      upstream: 'in service without its schema',
      schemaProblem: 'The API does not tell its schema.',
    });
    expect(
      server.log.lines.filter(({ fields }) => JSON.stringify(fields).includes('refuses introspection')),
    ).toHaveLength(1);
    upstream.misbehave();
    server.reloadUpstreamSchema();
    await untilInService(server);
  });

  const sdl = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.0", import: ["@authenticated"])
    extend type Query { hello: String @authenticated }`;

  test('and is a subgraph of a federation is read by its SDL', async () => {
    const upstream = await startUpstream();
    upstream.misbehave((response, body) =>
      sendJson(
        response,
        body.includes('_service') ? { data: { _service: { sdl } } } : { errors: [{ message: 'No.' }] },
      ),
    );
    const { server, token } = await startBefore(upstream.url);
    await untilInService(server);
    const { body } = await server.ask('{ __type(name: "Query") { fields { name } } }', { token });
    expect(body.data.__type.fields).toEqual([{ name: 'hello' }, { name: 'viewer' }]);
    expect((await server.ask('{ hello }', { token })).body).toEqual(hello);
    for (const message of ['the schema of the upstream is unchanged', 'the schema of the upstream is unchanged']) {
      const before = server.log.lines.length;
      server.reloadUpstreamSchema();
      await vi.waitUntil(() => server.log.lines.slice(before).some((line) => line.message === message));
    }
  });
});

describe('a subgraph of a federation', () => {
  const withService = 'type Query { hello: String, _service: _Service! } type _Service { sdl: String! }';
  const inner = (scope: string) => `type Query { hello: String @requiresScopes(scopes: [["${scope}"]]) }`;

  test('is read by introspection and SDL, and a directive that changes is a new schema', async () => {
    const upstream = await startUpstream(withService);
    let sdl = inner('a');
    const data = introspectionFromSchema(buildSchema(withService));
    upstream.misbehave((response, body) =>
      sendJson(response, { data: body.includes('IntrospectionQuery') ? data : { _service: { sdl } } }),
    );
    const introspectionHeader = { 'x-key': 'a secret of introspection' };
    const { server } = await startBefore(upstream.url, { upstreamSchemaInterval: 0, introspectionHeader });
    await untilInService(server);
    expect(upstream.asked.map(({ headers }) => headers['x-key'])).toEqual([
      'a secret of introspection',
      'a secret of introspection',
    ]);
    const swaps = () => server.log.lines.filter(({ message }) => message.startsWith('a new schema'));
    sdl = inner('b');
    server.reloadUpstreamSchema();
    await vi.waitUntil(() => swaps().length === 1);
    expect(swaps()).toMatchObject([{ fields: { added: 0, removed: 0, changed: 0 } }]);
  });

  test.each([
    ['does not give its SDL', { errors: [{ message: 'No.' }] }, /does not give it/],
    [
      'gives SDL that is none',
      { data: { _service: { sdl: 'type Query {' } } },
      /The SDL that the upstream gives is not one/,
    ],
  ])('that %s is not in service: there may be directives in it', async (_, answer, reason) => {
    const upstream = await startUpstream(withService);
    const data = introspectionFromSchema(buildSchema(withService));
    upstream.misbehave((response, body) => sendJson(response, body.includes('IntrospectionQuery') ? { data } : answer));
    const { server, token } = await startBefore(upstream.url);
    expect((await server.ask('{ hello }', { token })).status).toBe(502);
    expect(server.log.lines).toContainEqual(
      expect.objectContaining({ fields: expect.objectContaining({ reason: expect.stringMatching(reason) }) }),
    );
  });
});

describe('a schema in a file', () => {
  async function writeSchema(text: string): Promise<string> {
    const directory = await makeTempDirectory();
    onTestFinished(() => rmSync(directory, { recursive: true }));
    const file = join(directory, 'schema.graphql');
    writeFileSync(file, text);
    return file;
  }
  const introspected = introspectionFromSchema(buildSchema('type Query { hello: String }'));

  test.each([
    ['SDL', 'type Query { hello: String @cost(weight: "2") }'],
    ['the answer to an introspection', JSON.stringify({ data: introspected })],
    ['the data of one', `\uFEFF${JSON.stringify(introspected, null, 2)}`],
  ])('that is %s is in service from the start, and the upstream is not asked', async (_, text) => {
    const upstream = await startUpstream('type Query { hello: String, other: String }');
    const upstreamSchema = await writeSchema(text);
    const { server, token } = await startBefore(upstream.url, { upstreamSchema, upstreamSchemaInterval: 5 });
    expect(await readiness(server)).toMatchObject({ upstream: 'in service' });
    expect((await server.ask('{ hello }', { token })).body).toEqual(hello);
    const { body } = await server.ask('{ __type(name: "Query") { fields { name } } }', { token });
    expect(body.data.__type.fields).toEqual([{ name: 'hello' }, { name: 'viewer' }]);
    expect(upstream.asked).toEqual([]);
  });

  test('is read again when it has changed; one that is broken is refused, and one that is gone', async () => {
    const upstreamSchema = await writeSchema('type Query { hello: String }');
    const upstream = await startUpstream();
    const gate = await startGate(async () => upstream, { upstreamSchema, upstreamSchemaInterval: 10 });
    onTestFinished(() => gate.server.stop());
    const said = (text: RegExp) =>
      vi.waitUntil(() => gate.server.log.lines.some((line) => text.test(JSON.stringify(line))));
    writeFileSync(upstreamSchema, 'type Query { hello: String, later: Int }');
    await said(/a new schema of the upstream is in service/);
    writeFileSync(upstreamSchema, 'type Query { hello: String,');
    await said(/The schema in .* is not one: Syntax Error/);
    rmSync(upstreamSchema);
    await said(/The schema file .* does not exist/);
    expect(await readiness(gate.server)).toMatchObject({
      upstream: 'in service',
      schemaProblem: 'The file with the schema of the API cannot be read.',
    });
    expect((await gate.server.ask('{ hello }', { token: gate.token })).body).toEqual(hello);
  });

  test.each([
    ['is not there', undefined, /^The schema file .*gone does not exist; give upstreamSchema the path of one\.$/],
    ['is empty', '', /^The schema in .* is not one: Syntax Error: Unexpected <EOF>\.$/],
    ['is half a JSON', '{ "data": {', /^The schema in .* begins like JSON and is none; write it again\.$/],
    ['is other JSON', '{ "data": null }', /is JSON without "__schema"/],
    ['has no Query', 'type Shop { id: ID }', /is not valid: Query root type must be provided\.$/],
    ['is a folder', null, /is a directory/],
  ])('that %s stops the start with a line', async (_, text, message) => {
    const file = await writeSchema(text ?? '');
    const upstreamSchema = text === undefined ? `${file}.gone` : text === null ? join(file, '..') : file;
    await expect(startTestServer({ upstream: 'http://127.0.0.1:1/', upstreamSchema })).rejects.toThrow(
      expect.objectContaining({ name: 'ConfigError', message: expect.stringMatching(message) }),
    );
  });

  test('that has a name of ours stops the start too', async () => {
    const upstreamSchema = await writeSchema('type Query { viewer: Int }');
    const starting = startTestServer({ upstream: 'http://127.0.0.1:1/', upstreamSchema });
    await expect(starting).rejects.toThrow(/^The upstream has Query\.viewer, and so does Latchkey\./);
  });
});

test('an upstream that is slow to stop its answer does not keep the server from stopping', async () => {
  const endless = createServer((_, response) => void setInterval(() => response.write(' '), 5).unref());
  await once(endless.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void endless.close().closeAllConnections());
  const server = await startTestServer({ upstream: `http://127.0.0.1:${(endless.address() as AddressInfo).port}/` });
  const startedAt = performance.now();
  await server.stop();
  expect(performance.now() - startedAt).toBeLessThan(2000);
});
