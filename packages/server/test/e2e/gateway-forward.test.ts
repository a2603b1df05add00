import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { password } from '../harness.js';
import { postRaw } from '../raw.js';
import { type ReceivedRequest, type Upstream, upstreams } from '../upstreams/index.js';

/** POSTs bytes as they are and reads the answer as text. */
async function post(url: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const type = response.headers.get('content-type');
  return { status: response.status, type, text: await response.text() };
}

describe.each(upstreams)('an operation that $name answers', ({ start }) => {
  let gate: Gate<Upstream>;
  beforeAll(async () => {
    gate = await startGate(start);
  });
  afterAll(() => gate.stop());

  const newest = () => gate.upstream.requests.at(-1) as ReceivedRequest;
  const authorization = () => ({ authorization: `Bearer ${gate.token}` });

  test('is forwarded with a token and only with one', async () => {
    const before = gate.upstream.requests.length;
    const refused = await gate.server.ask('{ hello }');
    expect(refused.status).toBe(401);
    expect(refused.body.errors[0].extensions.code).toBe('UNAUTHENTICATED');
    expect((await gate.server.ask('{ hello }', { token: 'garbage' })).status).toBe(401);
    expect(gate.upstream.requests).toHaveLength(before);
    expect(await gate.server.ask('{ hello }', { token: gate.token })).toMatchObject({
      status: 200,
      body: { data: { hello: 'world' } },
    });
    expect(gate.upstream.requests).toHaveLength(before + 1);
  });

  test('arrives there byte for byte', async () => {
    const body =
      '\n{ "extensions" : {},\t"query":"query  Q($t:String!){\\u0065cho(text:$t)}", "variables":{"t":"h\\u00e9 \\ud83c\\udfca é 🏊"},"operationName":"Q" }  ';
    const { text } = await post(gate.server.url, body, authorization());
    expect(newest().body).toBe(body);
    expect(JSON.parse(text)).toEqual({ data: { echo: 'hé 🏊 é 🏊' } });
  });

  test('carries the token of the caller, and of their headers only what is theirs to send', async () => {
    const { status } = await postRaw(
      gate.server.url,
      [
        `Authorisation: bearer  ${gate.token}`,
        'Cookie: session=stolen',
        'Proxy-Authorization: Basic eA==',
        'X-Latchkey-User: admin',
        'X_Latchkey_User: admin',
        'x-LATCHKEY-scope: all',
        'X-Forwarded-For: 10.6.6.6',
        'X_Forwarded_For: 10.6.6.6',
        'X-Forwarded-Host: evil.example',
        'Forwarded: for=10.6.6.6',
        'Referer: http://private.example/secret',
        'Connection: X-Hop',
        'Connection: X-Second-Hop',
        'X-Hop: 1',
        'X-Second-Hop: 1',
        'TE: trailers',
        'Keep-Alive: timeout=9',
        'X-Mine: kept',
        'Accept: application/json;q=0.5',
      ],
      { query: '{ hello }' },
    );
    expect(status).toBe(200);
    const { host, 'x-request-id': id, authorization, ...headers } = newest().headers;
    expect(authorization === `Bearer ${gate.token}`).toBe(true);
    expect(headers).toEqual({
      'content-type': 'application/json',
      'content-length': '21',
      connection: 'keep-alive',
      accept: 'application/json;q=0.5',
      'x-forwarded-for': '127.0.0.1',
      'x-mine': 'kept',
    });
    expect(host).toBe(new URL(gate.upstream.url).host);
    expect(id).toMatch(/^[\w-]+$/);
  });

  test('carries the request id that the caller gets', async () => {
    const { headers } = await gate.server.ask('{ hello }', {
      token: gate.token,
      headers: { 'x-request-id': 'mine-12345' },
    });
    expect(headers.get('x-request-id')).toBe('mine-12345');
    expect(newest().headers['x-request-id']).toBe('mine-12345');
  });

  test('may come by GET, and goes on as a POST', async () => {
    const search = new URLSearchParams({
      query: 'query Q($text: String!) { echo(text: $text) }',
      operationName: 'Q',
      variables: '{"text":"a&b=c"}',
    });
    const response = await fetch(`${gate.server.url}?${search}`, { headers: authorization() });
    expect({ status: response.status, body: await response.json() }).toEqual({
      status: 200,
      body: { data: { echo: 'a&b=c' } },
    });
    expect(newest().method).toBe('POST');
    expect(newest().url).toBe('/graphql');
  });

  test('is not run where it is a mutation that comes by GET', async () => {
    const before = gate.upstream.requests.length;
    const query = encodeURIComponent('mutation { addWidget(name: "by GET") { id } }');
    const response = await fetch(`${gate.server.url}?query=${query}`, { headers: authorization() });
    expect({ status: response.status, allow: response.headers.get('allow') }).toEqual({ status: 405, allow: 'POST' });
    expect((await response.json()).errors[0].extensions.code).toBe('METHOD_NOT_ALLOWED');
    expect(gate.upstream.requests).toHaveLength(before);
  });

  test('is run once where it is a mutation', async () => {
    const count = async () =>
      (await gate.server.ask('{ widgets(first: 1000) { id } }', { token: gate.token })).body.data.widgets.length;
    const before = await count();
    const { body } = await gate.server.ask('mutation { addWidget(name: "new") { name } }', { token: gate.token });
    expect(body).toEqual({ data: { addWidget: { name: 'new' } } });
    expect(await count()).toBe(before + 1);
  });

  const operations: Record<string, object> = {
    'a field': { query: '{ hello }' },
    'an anonymous query written out': { query: 'query { hello }' },
    'a name for the operation': { query: 'query Q { hello }', operationName: 'Q' },
    'one of several operations': { query: 'query A { hello } query B { echo(text: "b") }', operationName: 'B' },
    'the type at the root beside a field': { query: '{ __typename hello alias: __typename }' },
    aliases: { query: '{ b: hello a: hello data: hello errors: hello __proto__: hello }' },
    'objects in lists in objects': {
      query: '{ widgets(first: 2) { id related(first: 2) { related(first: 1) { name } } } }',
    },
    'an enum, a scalar and nothing': { query: '{ widget(id: "7") { color createdAt } none: widget(id: "0") { id } }' },
    'an interface and a union': {
      query: '{ things { __typename ... on Widget { id } ... on Maker { name } } named { name } }',
    },
    'fragments in fragments': {
      query:
        '{ ...A } fragment A on Query { hello ...B } fragment B on Query { w: widget(id: 1) { ...W } } fragment W on Widget { name }',
    },
    'directives with variables': {
      query: 'query ($no: Boolean!) { hello @skip(if: $no) echo(text: "x") @include(if: $no) }',
      variables: { no: false },
    },
    'an input object and a default': {
      query: 'query ($f: WidgetFilter = { nameContains: "3" }) { findWidgets(filter: $f) { id } }',
    },
    'an input object from a variable': {
      query: 'query ($f: WidgetFilter!) { findWidgets(filter: $f) { id } }',
      variables: { f: { color: 'RED' } },
    },
    'text beyond ASCII': { query: '{ echo(text: "日本語 \\u00e9 🏊") }' },
    'a block string': { query: '{ echo(text: """\n    two\n      lines\n  """) }' },
    'comments and commas': { query: '# a comment\n{,, hello ,,# another\n}' },
    'a number as an ID': { query: '{ widget(id: 12) { id } }' },
    'extensions that nobody knows': { query: '{ hello }', extensions: { tracing: true } },
    'a deprecated field': { query: '{ oldHello }' },
    'an error in a nullable field': { query: '{ hello failNullable }' },
    'an error in a field that must not be null': { query: '{ hello failNonNull }' },
    'a field that is not there': { query: '{ nope }' },
    'a field that is not there further down': { query: '{ widget(id: 1) { nope } }' },
    'an argument that is missing': { query: '{ echo }' },
    'an argument of a wrong type': { query: '{ echo(text: 5) }' },
    'an object without a selection': { query: '{ widgets }' },
    'a value that is not in the enum': { query: '{ findWidgets(filter: { color: BLUE }) { id } }' },
    'a variable that is missing': { query: 'query ($t: String!) { echo(text: $t) }' },
    'a variable of a wrong type': { query: 'query ($t: String!) { echo(text: $t) }', variables: { t: { a: 1 } } },
    'a variable that nobody declares': { query: '{ echo(text: $t) }' },
    'a variable that nobody uses': { query: 'query ($t: String) { hello }' },
    'a fragment that is not there': { query: '{ hello ...Gone }' },
    'a fragment that nobody spreads': { query: '{ hello } fragment F on Query { hello }' },
    'a fragment that spreads itself': { query: '{ hello ...F } fragment F on Query { ...F hello }' },
    'a directive that nobody knows': { query: '{ hello @nope }' },
    'fields that do not merge': { query: '{ a: hello a: oldHello }' },
  };

  test.each(Object.entries(operations))('is answered as if asked directly: %s', async (_, operation) => {
    const before = gate.upstream.requests.length;
    for (const accept of ['*/*', 'application/json', 'application/graphql-response+json', 'text/plain']) {
      const ours = await post(gate.server.url, JSON.stringify(operation), { ...authorization(), accept });
      expect(ours).toEqual(await post(gate.upstream.url, JSON.stringify(operation), { accept }));
    }
    // Twice each: through the gate, and directly.
    expect(gate.upstream.requests).toHaveLength(before + 8);
  });

  test('is answered as if a member that nobody knows were not there', async () => {
    const { text } = await post(gate.server.url, '{"doc_id":"x","query":"{ hello }","id":[1]}', authorization());
    expect(JSON.parse(text)).toEqual({ data: { hello: 'world' } });
    expect(JSON.parse(newest().body)).toEqual({ query: '{ hello }', operationName: null, variables: null });
  });

  test.each([
    ['a member twice', '{"query":"{ hello }","query":"{ oldHello }"}'],
    ['a member twice in disguise', '{"query":"{ hello }","quer\\u0079":"{ oldHello }"}'],
    ['a variable twice', '{"query":"{ hello }","variables":{"a":1,"a":2}}'],
    ['a member in capitals', '{"query":"{ hello }","Query":"{ oldHello }"}'],
    [
      'a quote that is no UTF-8',
      Uint8Array.from(Buffer.from('{"query":"{ hello }","variables":{"a":"\xc0\xa2"}}', 'latin1')),
    ],
  ])('is refused with %s, of which its server could make something else', async (_, body) => {
    const before = gate.upstream.requests.length;
    const { status, text } = await post(gate.server.url, body, authorization());
    expect({ status, code: JSON.parse(text).errors[0].extensions.code }).toEqual({ status: 400, code: 'BAD_REQUEST' });
    expect(gate.upstream.requests).toHaveLength(before);
  });

  test('carries the trace of the caller', async () => {
    const trace = {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'rojo=00f067aa0ba902b7',
      baggage: 'userId=alice,isProduction=false',
    };
    for (const query of ['{ hello }', '{ viewer { userName } hello }']) {
      await gate.server.ask(query, { token: gate.token, headers: trace });
      expect(newest().headers).toMatchObject(trace);
    }
  });

  test('leaves neither the token nor what is asked in the log', async () => {
    await post(gate.server.url, JSON.stringify({ query: '{ echo(text: "a secret of theirs") }' }), authorization());
    const log = JSON.stringify(gate.server.log.lines);
    for (const secret of [gate.token, 'a secret of theirs', password]) expect(log).not.toContain(secret);
  });
});
