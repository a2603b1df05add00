import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Upstream, upstreams } from './index.js';

describe.each(upstreams)('$name as an upstream', ({ name, start }) => {
  let upstream: Upstream;
  beforeAll(async () => {
    upstream = await start();
  });
  afterAll(() => upstream.close());

  const post = (body: object, headers = {}) =>
    fetch(upstream.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  const ask = async (query: string, variables = {}) => (await post({ query, variables })).json();

  it('answers queries with every kind of type', async () => {
    const { data } = await ask(
      `query ($filter: WidgetFilter!) {
        hello echo(text: "héllo") widget(id: "7") { id name color createdAt } none: widget(id: "0") { id }
        widgets(first: 2) { related(first: 1) { id } } findWidgets(filter: $filter) { id }
        things { __typename ... on Widget { id } ... on Maker { name } } named { name }
      }`,
      { filter: { color: 'RED', nameContains: '3' } },
    );
    expect(data).toEqual({
      hello: 'world',
      echo: 'héllo',
      widget: { id: '7', name: 'Widget 7', color: 'RED', createdAt: '2026-01-01T00:00:00.000Z' },
      none: null,
      widgets: [{ related: [{ id: '1' }] }, { related: [{ id: '1' }] }],
      findWidgets: ['3', '13', '23', '31', '33', '35', '37', '39', '43'].map((id) => ({ id })),
      things: [
        { __typename: 'Widget', id: '1' },
        { __typename: 'Maker', name: 'Ada' },
      ],
      named: [{ name: 'Ada' }, { name: 'Widget 2' }],
    });
  });

  it('runs a mutation', async () => {
    const { data } = await ask('mutation { addWidget(name: "new") { id name } }');
    expect(data.addWidget).toEqual({ id: '51', name: 'new' });
    expect((await ask('{ widget(id: "51") { name } }')).data.widget).toEqual({ name: 'new' });
  });

  it('fails where it was asked to', async () => {
    const nullable = await ask('{ hello failNullable }');
    expect(nullable.data).toEqual({ hello: 'world', failNullable: null });
    expect(nullable.errors[0]).toMatchObject({
      message: 'failNullable failed, as it always does',
      path: ['failNullable'],
    });
    expect((await ask('{ hello failNonNull }')).data).toBeNull();
  });

  it('tells which headers it received', async () => {
    const response = await post({ query: '{ headers { name value } }' }, { authorization: 'Bearer x', 'X-Odd': '1' });
    const { data } = await response.json();
    expect(data.headers).toContainEqual({ name: 'authorization', value: 'Bearer x' });
    expect(data.headers).toContainEqual({ name: 'x-odd', value: '1' });
  });

  it('can be introspected', async () => {
    const { data } = await ask(
      '{ __schema { queryType { name } mutationType { name } } __type(name: "Thing") { kind } }',
    );
    expect(data).toEqual({
      __schema: { queryType: { name: 'Query' }, mutationType: { name: 'Mutation' } },
      __type: { kind: 'UNION' },
    });
  });

  it('records the raw requests, and only its own', async () => {
    const other = await start();
    const before = upstream.requests.length;
    const text = 'ü'.repeat(100_000);
    const body = { query: 'query ($text: String!) { echo(text: $text) }', variables: { text } };
    const { data } = await (await post(body, { 'x-test': 'yes' })).json();
    expect(data.echo).toBe(text);
    expect(upstream.requests).toHaveLength(before + 1);
    const { method, url, headers, body: raw } = upstream.requests.at(-1) ?? {};
    expect({ method, url, raw, test: headers?.['x-test'] }).toEqual({
      method: 'POST',
      url: '/graphql',
      raw: JSON.stringify(body),
      test: 'yes',
    });
    expect(other.requests).toEqual([]);
    await other.close();
  });

  it('closes at once in the middle of a slow answer', async () => {
    const other = await start();
    const answer = fetch(`${other.url}?query=${encodeURIComponent('{ slow(ms: 9000) }')}`, {
      headers: { 'apollo-require-preflight': 'yes' },
    });
    const refused = expect(answer).rejects.toThrow('fetch failed');
    await expect.poll(() => other.requests.length).toBe(1);
    const begin = performance.now();
    await other.close();
    expect(performance.now() - begin).toBeLessThan(2_000);
    await refused;
    expect(other.name).toBe(name);
  });
});
