import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/graphql/manifest.js';
import { type Gate, startGate } from '../gate.js';
import { password } from '../harness.js';
import * as apollo from '../upstreams/apollo.js';
import type { Upstream } from '../upstreams/index.js';

let gate: Gate<Upstream>;
beforeAll(async () => {
  gate = await startGate(apollo.start);
});
afterAll(() => gate.stop());

/** What the client under test has sent and got. */
let sent: { method: string; url: string; body: string; status: number }[] = [];
beforeEach(() => {
  sent = [];
});

function createClient({ useGet = false, headers = {} } = {}) {
  const recording: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    sent.push({
      method: init?.method ?? 'GET',
      url: String(input),
      body: String(init?.body ?? ''),
      status: response.status,
    });
    return response;
  };
  const http = new HttpLink({
    uri: gate.server.url,
    fetch: recording,
    headers: { authorization: `Bearer ${gate.token}`, ...headers },
  });
  const link = new PersistedQueryLink({ sha256, useGETForHashedQueries: useGet }).concat(http);
  return new ApolloClient({ link, cache: new InMemoryCache(), defaultOptions: { query: { fetchPolicy: 'no-cache' } } });
}

async function post(body: object, headers: Record<string, string> = {}) {
  const response = await fetch(gate.server.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${gate.token}`, ...headers },
    body: JSON.stringify(body),
  });
  const answer = await response.json();
  return { status: response.status, answer, code: answer.errors?.[0].extensions.code };
}

const byHash = (text: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash: sha256(text) } } });

describe('Apollo Client with automatic persisted queries', () => {
  test('sends a document once, and its hash from then on', async () => {
    const query = gql`query First($n: Int) { widgets(first: $n) { id } }`;
    const client = createClient();
    for (const n of [2, 3]) {
      const { data } = await client.query<{ widgets: object[] }>({ query, variables: { n } });
      expect(data?.widgets).toHaveLength(n);
    }
    expect(sent.map(({ body }) => body.includes('widgets'))).toEqual([false, true, false]);
    expect(sent.map(({ status }) => status)).toEqual([400, 200, 200]);
    expect(gate.upstream.requests.slice(-2).every(({ body }) => body.includes('widgets'))).toBe(true);
    expect(gate.upstream.requests.slice(-2).some(({ body }) => body.includes('persistedQuery'))).toBe(false);
  });

  test('works where it takes JSON only, as older ones do', async () => {
    const client = createClient({ headers: { accept: 'application/json' } });
    expect((await client.query({ query: gql`query Second { hello }` })).data).toEqual({ hello: 'world' });
    expect(sent.map(({ status }) => status)).toEqual([200, 200]);
  });

  test('sends hashes by GET', async () => {
    const client = createClient({ useGet: true });
    const query = gql`query Third { hello }`;
    for (const _ of [1, 2]) expect((await client.query({ query })).data).toEqual({ hello: 'world' });
    expect(sent.map(({ method }) => method)).toEqual(['GET', 'POST', 'GET']);
  });

  test('asks for viewer, and mutates', async () => {
    const client = createClient();
    expect((await client.query({ query: gql`{ viewer { userName } hello }` })).data).toMatchObject({
      viewer: { userName: 'ada@example.com' },
      hello: 'world',
    });
    const { data } = await client.mutate({ mutation: gql`mutation { addWidget(name: "mine") { name } }` });
    expect(data).toMatchObject({ addWidget: { name: 'mine' } });
  });
});

describe('a hash', () => {
  test('that is unknown is answered as clients know it', async () => {
    const { status, answer } = await post(byHash('{ unknown }'));
    expect(status).toBe(200);
    expect(answer).toEqual({
      errors: [
        {
          message: 'PersistedQueryNotFound',
          extensions: { code: 'PERSISTED_QUERY_NOT_FOUND', hint: expect.any(String) },
        },
      ],
    });
    const graphql = await post(byHash('{ unknown }'), { accept: 'application/graphql-response+json' });
    expect(graphql.status).toBe(400);
  });

  test('of another document teaches nothing', async () => {
    const text = '{ hello } # of another';
    expect(await post({ query: '{ headers { name } }', ...byHash(text) })).toMatchObject({
      status: 400,
      code: 'BAD_REQUEST',
    });
    expect((await post(byHash(text))).code).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  test('does not teach a document to whoever may not run it, or that is wrong', async () => {
    for (const [text, headers] of [
      ['{ hello } # by nobody', { authorization: '' }],
      ['{ hello } # with a bad token', { authorization: 'Bearer x' }],
      ['{ hello # not GraphQL', {}],
      ['{ widgets(first: 1000000) { id } } # too costly', {}],
    ] as const) {
      expect((await post({ query: text, ...byHash(text) }, headers)).status).toBeGreaterThanOrEqual(400);
      expect((await post(byHash(text))).code).toBe('PERSISTED_QUERY_NOT_FOUND');
    }
  });

  test('never stands for a password', async () => {
    const text = `mutation { signIn(credentials: { userName: "ada@example.com", password: "${password}" }) { scope } }`;
    expect((await post({ query: text, ...byHash(text) })).answer.data.signIn.scope).toBe('');
    expect((await post(byHash(text))).code).toBe('PERSISTED_QUERY_NOT_FOUND');
  });

  test('lets nobody run what they may not, whoever taught it', async () => {
    const text = '{ hello } # taught';
    expect((await post({ query: text, ...byHash(text) })).status).toBe(200);
    expect((await post(byHash(text), { authorization: '' })).code).toBe('UNAUTHENTICATED');
    const mutation = 'mutation { addWidget(name: "taught") { id } }';
    await post({ query: mutation, ...byHash(mutation) });
    const search = new URLSearchParams({ extensions: JSON.stringify(byHash(mutation).extensions) });
    const response = await fetch(`${gate.server.url}?${search}`, {
      headers: { authorization: `Bearer ${gate.token}` },
    });
    expect(response.status).toBe(405);
  });

  test('keeps other extensions, and goes on without itself', async () => {
    const text = '{ hello } # with extensions';
    await post({ query: text, extensions: { ...byHash(text).extensions, trace: { a: [1] } } });
    expect(JSON.parse(gate.upstream.requests.at(-1)?.body ?? '')).toEqual({
      query: text,
      operationName: null,
      variables: null,
      extensions: { trace: { a: [1] } },
    });
  });
});
