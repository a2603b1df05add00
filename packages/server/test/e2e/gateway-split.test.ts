import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { type Upstream, upstreams } from '../upstreams/index.js';

describe.each(upstreams)('a query for us and for $name', ({ start }) => {
  let gate: Gate<Upstream>;
  beforeAll(async () => {
    gate = await startGate(start);
  });
  afterAll(() => gate.stop());

  const ask = (query: string, options: { variables?: Record<string, unknown>; operationName?: string } = {}) =>
    gate.server.ask(query, { token: gate.token, ...options });
  const dataOf = async (...parameters: Parameters<typeof ask>) => {
    const { status, body } = await ask(...parameters);
    expect({ status, errors: body.errors }).toEqual({ status: 200, errors: undefined });
    return body.data;
  };
  /** What the upstream was last asked. */
  const question = () => JSON.parse(gate.upstream.requests.at(-1)?.body ?? '{}');
  const asked = () => gate.upstream.requests.length;

  test('is answered as one', async () => {
    expect(await dataOf('{ viewer { userName } hello }')).toEqual({
      viewer: { userName: 'ada@example.com' },
      hello: 'world',
    });
    expect(question()).toEqual({ query: '{\n  hello\n}', operationName: null, variables: {} });
  });

  test('needs a token, and asks nobody without one', async () => {
    const before = asked();
    expect((await gate.server.ask('{ viewer { userName } hello }')).status).toBe(401);
    expect(asked()).toBe(before);
  });

  test('may come by GET', async () => {
    const query = encodeURIComponent('{ viewer { userName } hello }');
    const headers = { authorization: `Bearer ${gate.token}` };
    const response = await fetch(`${gate.server.url}?query=${query}`, { headers });
    expect(await response.json()).toEqual({ data: { viewer: { userName: 'ada@example.com' }, hello: 'world' } });
  });

  describe('has its keys in the order of the document', () => {
    const fields = ['a: hello', 'viewer { scope }', '__typename', '__schema { queryType { name } }'];
    test.each(permutations(fields).map((order) => order.join(' ')))('{ %s }', async (selection) => {
      const keys = Object.keys(await dataOf(`{ ${selection} }`));
      expect(keys).toEqual(selection.match(/a(?=:)|viewer|__typename|__schema/g));
    });

    test('also where fragments hold them', async () => {
      const query = `query Q { z: hello ...A ... { c: viewer { scope } d: echo(text: "d") ...B } ... on Query { y: hello } x: viewer { scope } }
        fragment A on Query { b: echo(text: "b") me: viewer { scope } ...B __typename }
        fragment B on Query { e: viewer { scope } f: hello }`;
      expect(Object.keys(await dataOf(query))).toEqual(['z', 'b', 'me', 'e', 'f', '__typename', 'c', 'd', 'y', 'x']);
    });

    test('also where keys are names that JavaScript knows', async () => {
      const { text } = await askForText(
        '{ toString: hello viewer { scope } __proto__: hello constructor: viewer { scope } }',
      );
      const me = '{"scope":""}';
      expect(text).toBe(`{"data":{"toString":"world","viewer":${me},"__proto__":"world","constructor":${me}}}`);
    });
  });

  test('merges what is asked for twice', async () => {
    const query =
      '{ viewer { userName } w: widget(id: 1) { id } ...F } fragment F on Query { viewer { scope } w: widget(id: 1) { name } }';
    expect(await dataOf(query)).toEqual({
      viewer: { userName: 'ada@example.com', scope: '' },
      w: { id: '1', name: 'Widget 1' },
    });
  });

  test('is refused where both sides would answer under one key', async () => {
    const before = asked();
    const { status, body } = await ask('{ hello hello: viewer { scope } }');
    expect({ status, code: body.errors[0].extensions.code }).toEqual({
      status: 400,
      code: 'GRAPHQL_VALIDATION_FAILED',
    });
    expect(asked()).toBe(before);
  });

  describe('with @skip and @include at the root', () => {
    const cases: [string, Record<string, unknown>, string[]][] = [
      ['{ viewer @skip(if: true) { scope } hello }', {}, ['hello']],
      ['{ viewer { scope } hello @skip(if: true) }', {}, ['viewer']],
      ['{ viewer @include(if: false) { scope } hello @include(if: false) __typename }', {}, ['__typename']],
      ['query ($a: Boolean!) { viewer @skip(if: $a) { scope } hello @include(if: $a) }', { a: true }, ['hello']],
      ['query ($a: Boolean!) { viewer @skip(if: $a) { scope } hello @include(if: $a) }', { a: false }, ['viewer']],
      ['query ($a: Boolean = true) { viewer @skip(if: $a) { scope } hello @include(if: $a) }', {}, ['hello']],
      ['query ($a: Boolean!) { ... @skip(if: $a) { viewer { scope } x: hello } hello }', { a: true }, ['hello']],
      [
        'query ($a: Boolean!) { ...F @include(if: $a) hello } fragment F on Query { viewer { scope } x: hello }',
        { a: false },
        ['hello'],
      ],
      [
        'query ($a: Boolean!) { ...F @include(if: $a) hello } fragment F on Query { viewer { scope } x: hello }',
        { a: true },
        ['viewer', 'x', 'hello'],
      ],
      [
        'query ($a: Boolean!, $b: Boolean!) { ... @skip(if: $a) { ... on Query @include(if: $b) { viewer { scope } x: hello } y: hello } }',
        { a: false, b: false },
        ['y'],
      ],
    ];
    test.each(cases)('%s %j', async (query, variables, keys) => {
      expect(Object.keys(await dataOf(query, { variables }))).toEqual(keys);
    });
  });

  describe('sends the upstream', () => {
    test('its own fields, and the variables and fragments that these use', async () => {
      const query = `
        query Q($text: String!, $no: Boolean!, $first: Int = 3, $name: String!, $yes: Boolean = true) {
          viewer @skip(if: $no) { ...Me }
          ...Root
          __type(name: $name) { name }
        }
        fragment Me on Viewer { userName @include(if: $yes) ...Scope }
        fragment Scope on Viewer { scope }
        fragment Root on Query { echo(text: $text) @skip(if: $no) me: viewer { ...Scope } widgets(first: $first) { ...Widget } }
        fragment Widget on Widget { id ...Name }
        fragment Name on Named { name }`;
      const variables = { text: 'mine', no: false, name: 'Widget', unknown: 'x' };
      const data = await dataOf(query, { variables, operationName: 'Q' });
      expect(Object.keys(data)).toEqual(['viewer', 'echo', 'me', 'widgets', '__type']);
      expect(data).toMatchObject({ echo: 'mine', me: { scope: '' }, __type: { name: 'Widget' } });
      expect(data.widgets).toHaveLength(3);

      const { query: sent, ...rest } = question();
      expect(rest).toEqual({ operationName: 'Q', variables: { text: 'mine', no: false } });
      expect(sent).toContain('query Q($text: String!, $no: Boolean!, $first: Int = 3)');
      expect(sent).toMatch(/fragment Widget on Widget[\s\S]*fragment Name on Named/);
      expect(sent).not.toMatch(/viewer|Scope|Me|userName|__type|\$name|\$yes/);
    });

    test('null where the caller gave null, and nothing where they gave nothing', async () => {
      const query =
        'query ($a: Int, $b: Int, $c: Int) { viewer { scope } x: widgets(first: $a) { id } y: widgets(first: $b) { id } }';
      const { body } = await ask(query.replace(', $c: Int', ''), { variables: { a: 1 } });
      expect(body.data.x).toHaveLength(1);
      expect(body.data.y).toHaveLength(20);
      expect(question().variables).toEqual({ a: 1 });
      await ask('query ($a: Int) { viewer { scope } x: widgets(first: $a) { id } }', { variables: { a: null } });
      expect(question().variables).toEqual({ a: null });
    });

    test('the directives of the operation', async () => {
      const { body } = await ask('query ($a: Boolean!) @nope(if: $a) { viewer { scope } hello }', {
        variables: { a: true },
      });
      expect(body.errors[0].extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    });

    test('the token, and no header about the body that the caller wrote', async () => {
      const headers = {
        authorisation: `Bearer ${gate.token}`,
        'content-type': 'application/json; charset=utf-8',
        accept: 'application/json;q=0.1, text/html;q=0.01',
        cookie: 'session=stolen',
        'x-latchkey-user': 'admin',
      };
      const { status } = await gate.server.ask('{ viewer { scope } hello }', { headers });
      expect(status).toBe(200);
      const { headers: sent } = gate.upstream.requests.at(-1) ?? {};
      expect(sent).toMatchObject({
        authorization: `Bearer ${gate.token}`,
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
      });
      for (const name of ['authorisation', 'cookie', 'x-latchkey-user', 'accept-encoding'])
        expect(sent).not.toHaveProperty(name);
    });
  });

  async function askForText(query: string) {
    const response = await fetch(gate.server.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${gate.token}` },
      body: JSON.stringify({ query }),
    });
    return { text: await response.text() };
  }
});

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));
}
