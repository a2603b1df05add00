import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { buildSchema, introspectionFromSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type ChangingUpstream, type SchemaScript, startChanging } from '../changing-upstream.js';
import { type Gate, readiness, startGate } from '../gate.js';
import { sendJson } from '../scripted-upstream.js';
import { upstreams } from '../upstreams/index.js';

async function startChangingGate(config = {}, sdl?: string): Promise<Gate<ChangingUpstream>> {
  const gate = await startGate(() => startChanging(sdl), { upstreamSchemaInterval: 0, ...config });
  onTestFinished(() => gate.stop());
  return gate;
}

/** Names of the fields at the root as introspection shows them. */
async function fieldsOf({ server, token }: Pick<Gate<unknown>, 'server' | 'token'>): Promise<string[]> {
  const { body } = await server.ask('{ __schema { queryType { fields { name } } } }', { token });
  return body.data.__schema.queryType.fields.map(({ name }: { name: string }) => name);
}

const messagesOf = ({ server }: Pick<Gate<unknown>, 'server'>) => server.log.lines.map(({ message }) => message);
const linesOf = ({ server }: Pick<Gate<unknown>, 'server'>, message: string) =>
  server.log.lines.filter((line) => line.message === message);
const swapped = 'a new schema of the upstream is in service';
const refused = 'the schema of the upstream is refused; the one before it serves';

async function metric({ server }: Pick<Gate<unknown>, 'server'>, name: string): Promise<number> {
  const text = await (await fetch(`${server.origin}/metrics`)).text();
  return Number(new RegExp(`^latchkey_${name} (.*)$`, 'm').exec(text)?.[1]);
}

/** Lets it read the schema and resolves when it has. */
async function reload(gate: Gate<ChangingUpstream>): Promise<void> {
  const told = () => messagesOf(gate).filter((message) => message.includes('schema of the upstream')).length;
  const before = told();
  gate.server.reloadUpstreamSchema();
  await vi.waitUntil(() => told() > before, { interval: 2, timeout: 5000 });
}

describe.each(upstreams)('when $name changes its schema', ({ start }) => {
  test('the next look finds it, and what it has is shown', async () => {
    let upstream = await start();
    // One address for the one and for the other.
    const pass = async (request: IncomingMessage, response: ServerResponse) => {
      const { 'content-type': type = '', accept = '*/*' } = request.headers;
      const body = Buffer.concat(await Readable.from(request).toArray());
      const answer = await fetch(upstream.url, { method: 'POST', headers: { 'content-type': type, accept }, body });
      response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
      response.end(await answer.text());
    };
    // The one that stops cuts what is under way, as a deployment may.
    const relay = createServer((request, response) => pass(request, response).catch(() => response.destroy()));
    relay.listen(0, '127.0.0.1');
    await once(relay, 'listening');
    const url = `http://127.0.0.1:${(relay.address() as AddressInfo).port}/`;
    const close = async () => void relay.close().closeAllConnections();
    const gate = await startGate(async () => ({ url, close }), { upstreamSchemaInterval: 50 });
    onTestFinished(async () => {
      await gate.stop();
      await upstream.close();
    });
    expect(await fieldsOf(gate)).not.toContain('later');
    const before = upstream;
    upstream = await start('extend type Query { later: String, sooner: Int }');
    await before.close();
    await vi.waitFor(async () => expect(await fieldsOf(gate)).toContain('later'), { timeout: 5000 });
    expect(linesOf(gate, swapped)).toMatchObject([{ fields: { added: 2, removed: 0, changed: 0 } }]);
    expect((await gate.server.ask('{ later }', { token: gate.token })).body).toEqual({ data: { later: null } });
  });
});

describe('while the schema is swapped fifty times', () => {
  const sdl = (round: number) => `type Query { hello: String, echo: String, field${round}: Int }`;

  test('no request is dropped or answered wrongly', async () => {
    const gate = await startChangingGate({}, sdl(0));
    const { server, upstream, token } = gate;
    let isOver = false;
    let asked = 0;
    const keepAsking = async (query: () => string, expected: unknown) => {
      while (!isOver) {
        const { status, body } = await server.ask(query(), { token });
        expect({ status, body }).toEqual({ status: 200, body: { data: expected } });
        asked++;
      }
    };
    const userName = 'ada@example.com';
    const types = expect.objectContaining({ name: 'Query' });
    const load = Promise.all([
      keepAsking(() => '{ viewer { userName } }', { viewer: { userName } }),
      keepAsking(() => '{ hello }', { hello: 'hello' }),
      // One that is new each time is never found in the cache.
      keepAsking(() => `{ hello # ${asked}\n }`, { hello: 'hello' }),
      keepAsking(() => '{ echo viewer { userName } }', { echo: 'echo', viewer: { userName } }),
      keepAsking(() => '{ __type(name: "Query") { name fields { name } } }', { __type: types }),
      keepAsking(() => '{ __type(name: "Viewer") { name } hello }', { __type: { name: 'Viewer' }, hello: 'hello' }),
    ]);
    for (let round = 1; round <= 50; round++) {
      upstream.become(sdl(round));
      const before = asked;
      await reload(gate);
      expect(linesOf(gate, swapped)).toHaveLength(round);
      while (asked < before + 6) await Promise.race([nextTurn(), load]);
    }
    isOver = true;
    await load;
    expect(asked).toBeGreaterThan(300);
    expect(await fieldsOf(gate)).toEqual(['hello', 'echo', 'field50', 'viewer']);
    expect(await metric(gate, 'upstream_schema_swaps_total')).toBe(50);
    expect(linesOf(gate, swapped).at(-1)).toMatchObject({ fields: { added: 1, removed: 1, changed: 0, fields: 3 } });
  });
});

describe('a document that was asked before a swap', () => {
  test('is looked at anew after it', async () => {
    const gate = await startChangingGate();
    const ask = async () =>
      (await gate.server.ask('{ __type(name: "New") { name } }', { token: gate.token })).body.data;
    expect(await ask()).toEqual({ __type: null });
    gate.upstream.become('type Query { hello: New } type New { id: ID }');
    await reload(gate);
    expect(await ask()).toEqual({ __type: { name: 'New' } });
  });
});

describe('an unchanged schema', () => {
  test('is not built again, whatever the order and the extensions of the answer', async () => {
    const gate = await startChangingGate();
    let times = 0;
    gate.upstream.misbehave((response) => {
      times++;
      const { __schema } = introspectionFromSchema(buildSchema('type Query { hello: String }'));
      const types = times % 2 === 0 ? __schema.types : __schema.types.toReversed();
      sendJson(response, { data: { __schema: { ...__schema, types } }, extensions: { times } });
    });
    for (let round = 0; round < 4; round++) await reload(gate);
    expect(messagesOf(gate).filter((message) => message === swapped)).toHaveLength(1);
    expect(linesOf(gate, 'the schema of the upstream is unchanged')).toHaveLength(3);
  });

  test('is asked for by its ETag, where the upstream gives one', async () => {
    const gate = await startChangingGate({ upstreamSchemaInterval: 20 });
    gate.upstream.useEtags();
    await vi.waitUntil(() => gate.upstream.asked.filter(({ status }) => status === 304).length >= 3);
    expect(await readiness(gate.server)).toEqual({ status: 'ready', signIn: true, upstream: 'in service' });
    gate.upstream.become('type Query { hello: String, later: Int }');
    await vi.waitFor(async () => expect(await fieldsOf(gate)).toContain('later'));
    expect(linesOf(gate, swapped)).toHaveLength(1);
  });

  test('is not believed for ever where the ETag stays the same though the schema does not', async () => {
    const gate = await startChangingGate({ upstreamSchemaInterval: 10 });
    gate.upstream.useEtags('"always"');
    await vi.waitUntil(() => gate.upstream.asked.some(({ status }) => status === 304));
    gate.upstream.become('type Query { hello: String, later: Int }');
    await vi.waitFor(async () => expect(await fieldsOf(gate)).toContain('later'), { timeout: 5000 });
  });

  test('is asked for without an ETag that is none', async () => {
    const gate = await startChangingGate({ upstreamSchemaInterval: 10 });
    gate.upstream.useEtags('"\u00ff\u00e9"');
    const asked = gate.upstream.asked.length;
    await vi.waitUntil(() => gate.upstream.asked.length >= asked + 3);
    expect(gate.upstream.asked.some(({ headers }) => 'if-none-match' in headers)).toBe(false);
    expect(linesOf(gate, refused)).toEqual([]);
  });

  test('is asked for without the ETag when somebody wants it read', async () => {
    const gate = await startChangingGate();
    gate.upstream.useEtags('"always"');
    await reload(gate);
    gate.upstream.become('type Query { hello: String, later: Int }');
    await reload(gate);
    expect(await fieldsOf(gate)).toContain('later');
  });

  test('is none where 304 answers a question that had no ETag', async () => {
    const gate = await startChangingGate();
    gate.upstream.misbehave((response) => void response.writeHead(304).end());
    await reload(gate);
    expect(linesOf(gate, refused)).toHaveLength(1);
  });
});

const introspection = (sdl: string) => ({ data: introspectionFromSchema(buildSchema(sdl, { assumeValid: true })) });
const half = JSON.stringify(introspection('type Query { hello: String }')).slice(0, 2000);
const tooMuch: SchemaScript = (response) => {
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  function* chunks() {
    for (let written = 0; written < 200; written++) yield chunk;
  }
  Readable.from(chunks())
    .on('error', () => undefined)
    .pipe(response);
};
const deep = `{"data":{"__schema":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`;
const untellable = 'The API gave a schema that cannot be served.';
const unaskable = 'The API could not be asked for its schema.';

describe('what is no schema is refused, and the one before it serves:', () => {
  let gate: Gate<ChangingUpstream>;
  beforeAll(async () => {
    gate = await startGate(() => startChanging(), { upstreamSchemaInterval: 0 });
  });
  afterAll(() => gate.stop());

  test.each<[string, SchemaScript, string, RegExp]>([
    ['half a JSON', (response) => void response.end(half), untellable, /answers 200 without GraphQL/],
    ['HTML', (response) => void response.end('<h1>secret-in-the-page</h1>'), untellable, /without GraphQL/],
    ['nothing', (response) => void response.end(), untellable, /without GraphQL/],
    ['a list', (response) => sendJson(response, []), untellable, /without GraphQL/],
    [
      'a schema that is a number',
      (response) => sendJson(response, { data: { __schema: 7 } }),
      untellable,
      /200 without/,
    ],
    ['a schema that is nested 100,000 deep', (response) => void response.end(deep), untellable, /call stack/],
    ['a schema without types', (response) => sendJson(response, { data: { __schema: {} } }), untellable, /is not one/],
    ['200 MB', tooMuch, untellable, /more than 32 MiB/],
    [
      'a redirect',
      (response) => void response.writeHead(308, { location: 'http://127.0.0.1:1/?key=secret' }).end(),
      untellable,
      /answers 308 without GraphQL; it redirects, which is not followed; set upstream to where it leads\.$/,
    ],
    ['a failure', (response) => sendJson(response, { errors: [{ message: 'secret' }] }, 500), unaskable, /answers 500/],
    ['a connection that is cut', (response) => void response.destroy(), unaskable, /cannot be asked for its schema/],
    [
      'a refusal',
      (response) => sendJson(response, { errors: [{}] }),
      'The API does not tell its schema.',
      /refuses introspection/,
    ],
    [
      'a schema that is not valid',
      (response) => sendJson(response, introspection('type Query { hello: String } type Empty')),
      untellable,
      /is not valid: Type Empty must define one or more fields\.$/,
    ],
    [
      'a name of ours',
      (response) => sendJson(response, introspection('type Query { hello: String, viewer: Int }')),
      'The schema of the API has a name that Latchkey has too.',
      /The upstream has Query\.viewer, and so does Latchkey\./,
    ],
  ])('%s', async (_, script, sentence, reason) => {
    gate.upstream.misbehave(script);
    const before = linesOf(gate, refused).length;
    await reload(gate);
    expect(linesOf(gate, refused).slice(before)).toMatchObject([
      { level: 'error', fields: { reason: expect.stringMatching(reason) } },
    ]);
    expect(JSON.stringify(gate.server.log.lines)).not.toContain('secret');
    expect(await readiness(gate.server)).toMatchObject({
      status: 'ready',
      upstream: 'in service',
      schemaProblem: sentence,
    });
    expect(await metric(gate, 'upstream_schema_refused')).toBe(1);
    expect(await fieldsOf(gate)).toEqual(['hello', 'viewer']);
    expect((await gate.server.ask('{ hello }', { token: gate.token })).body).toEqual({ data: { hello: 'hello' } });

    gate.upstream.misbehave();
    await reload(gate);
    await vi.waitUntil(async () => !('schemaProblem' in (await readiness(gate.server))));
    expect(await metric(gate, 'upstream_schema_refused')).toBe(0);
  });

  test.each<[string, SchemaScript]>([
    ['silence', () => undefined],
    ['an answer that never ends', (response) => void setInterval(() => response.write(' '), 20).unref()],
  ])('%s, after upstreamTimeout', async (_, script) => {
    const impatient = await startChangingGate({ upstreamTimeout: 250 });
    impatient.upstream.misbehave(script);
    await reload(impatient);
    expect(linesOf(impatient, refused)).toMatchObject([
      { fields: { reason: expect.stringMatching(/takes too long to answer\.$/) } },
    ]);
    expect(await readiness(impatient.server)).toMatchObject({ upstream: 'in service', schemaProblem: unaskable });
  });

  test('a problem that stays is told once, another one too', async () => {
    const gate = await startChangingGate({ upstreamSchemaInterval: 10 });
    gate.upstream.misbehave((response) => void response.writeHead(500).end());
    await vi.waitUntil(() => gate.upstream.asked.filter(({ status }) => status === 500).length >= 4);
    gate.upstream.misbehave((response) => void response.end('?'));
    await vi.waitUntil(() => linesOf(gate, refused).length === 2);
    gate.upstream.misbehave();
    await vi.waitUntil(() => messagesOf(gate).includes('the schema of the upstream is the one in service again'));
    expect(linesOf(gate, refused)).toHaveLength(2);
  });
});

test('metrics say how old the schema in service is, and since when it is', async () => {
  const gate = await startChangingGate();
  const installed = await metric(gate, 'upstream_schema_installed_timestamp_seconds');
  expect(Math.abs(Date.now() / 1000 - installed)).toBeLessThan(30);
  const age = await metric(gate, 'upstream_schema_age_seconds');
  expect(age).toBeGreaterThan(0);
  await vi.waitUntil(async () => (await metric(gate, 'upstream_schema_age_seconds')) > age + 0.1);
  const later = await metric(gate, 'upstream_schema_age_seconds');
  await reload(gate);
  expect(await metric(gate, 'upstream_schema_age_seconds')).toBeLessThan(later);
  expect(await metric(gate, 'upstream_schema_installed_timestamp_seconds')).toBe(installed);
});

test('a schema that is another one each time is swapped each time, and served', async () => {
  const gate = await startChangingGate({ upstreamSchemaInterval: 5 });
  let round = 0;
  gate.upstream.misbehave((response) =>
    sendJson(response, introspection(`type Query { hello: String, a${round++}: Int }`)),
  );
  await vi.waitUntil(() => linesOf(gate, swapped).length >= 5, { timeout: 5000 });
  expect((await gate.server.ask('{ hello }', { token: gate.token })).body).toEqual({ data: { hello: 'hello' } });
});

test('several wishes for a reload in a row are one or two looks', async () => {
  const gate = await startChangingGate();
  const before = gate.upstream.asked.length;
  for (let times = 0; times < 100; times++) gate.server.reloadUpstreamSchema();
  await vi.waitUntil(() => linesOf(gate, 'the schema of the upstream is unchanged').length >= 1);
  expect(gate.upstream.asked.length - before).toBeLessThanOrEqual(2);
});
