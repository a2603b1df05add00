import { CombinedGraphQLErrors, gql } from '@apollo/client';
import { ClientError } from 'graphql-request';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { password } from '../harness.js';
import * as apollo from '../upstreams/apollo.js';
import type { Upstream } from '../upstreams/index.js';
import * as mercurius from '../upstreams/mercurius.js';
import * as yoga from '../upstreams/yoga.js';
import { createApolloClient, createRequestClient, createSession, createUrqlClient, type Session } from './clients.js';

/** What its user sees of an operation. */
interface Seen {
  data: unknown;
  /** The codes of the errors, or their messages where they have none. */
  errors: unknown[];
}

type Run = (text: string, variables?: Record<string, unknown>) => Promise<Seen>;

interface Errors {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
}

const seenOf = (data: unknown, errors: readonly Errors[] = []): Seen => ({
  data: data ?? null,
  errors: errors.map(({ message, extensions }) => extensions?.code ?? message),
});

function apolloClient(url: string, session: Session): Run {
  const client = createApolloClient(url, session);
  return async (text, variables = {}) => {
    const document = gql(text);
    const options = { variables, errorPolicy: 'all', fetchPolicy: 'no-cache' } as const;
    const { data, error } = text.startsWith('mutation')
      ? await client.mutate({ mutation: document, ...options })
      : await client.query({ query: document, ...options });
    if (error && !CombinedGraphQLErrors.is(error)) throw error;
    return seenOf(data, error?.errors);
  };
}

function urqlClient(url: string, session: Session): Run {
  const client = createUrqlClient(url, session);
  return async (text, variables = {}) => {
    const result = text.startsWith('mutation')
      ? await client.mutation(text, variables).toPromise()
      : await client.query(text, variables, { requestPolicy: 'network-only' }).toPromise();
    if (result.error?.networkError) throw result.error.networkError;
    return seenOf(result.data, result.error?.graphQLErrors as readonly Errors[] | undefined);
  };
}

function requestClient(url: string, session: Session): Run {
  const client = createRequestClient(url, session);
  return async (text, variables = {}) => {
    try {
      return seenOf(await client.request(text, variables));
    } catch (error) {
      if (!(error instanceof ClientError)) throw error;
      return seenOf(error.response.data, error.response.errors as readonly Errors[] | undefined);
    }
  };
}

describe.each([
  { name: 'Apollo Client', createRun: apolloClient, upstream: apollo.start },
  { name: 'urql', createRun: urqlClient, upstream: yoga.start },
  { name: 'graphql-request', createRun: requestClient, upstream: mercurius.start },
])('$name before the gate', ({ createRun, upstream }) => {
  const userName = 'ada@example.com';
  let gate: Gate<Upstream>;
  let session: Session;
  let run: Run;
  beforeAll(async () => {
    gate = await startGate(() => upstream());
  });
  afterAll(() => gate.stop());
  beforeEach(() => {
    session = createSession({ url: gate.server.url, userName, password });
    run = createRun(gate.server.url, session);
  });
  afterEach(() => vi.restoreAllMocks());

  /** How many requests have had this in their body since the call. */
  function count(field: string): () => number {
    const spy = vi.spyOn(globalThis, 'fetch');
    return () => spy.mock.calls.filter(([, init]) => String(init?.body).includes(`${field}(`)).length;
  }

  test('signs in at its first query, once for all that wait', async () => {
    const signIns = count('signIn');
    const answers = await Promise.all(Array.from({ length: 5 }, () => run('{ hello viewer { userName } }')));
    for (const { data, errors } of answers) {
      expect(errors).toEqual([]);
      expect(data).toMatchObject({ hello: 'world', viewer: { userName } });
    }
    expect(signIns()).toBe(1);
  });

  test('sends variables, names and mutations', async () => {
    const echo = await run('query Echo($text: String!) { echo(text: $text) }', { text: 'hé "quoted"' });
    expect(echo).toMatchObject({ data: { echo: 'hé "quoted"' }, errors: [] });
    const added = await run('mutation Add($name: String!) { addWidget(name: $name) { name } }', { name: 'new' });
    expect(added).toMatchObject({ data: { addWidget: { name: 'new' } }, errors: [] });
  });

  test('refreshes once when the token has expired, however many queries find out together', async () => {
    await run('{ hello }');
    gate.server.clock.advance(3_600_000);
    const [signIns, refreshes] = [count('signIn'), count('signInRefresh')];
    const answers = await Promise.all(Array.from({ length: 20 }, () => run('{ viewer { userName } hello }')));
    for (const answer of answers) expect(answer).toMatchObject({ data: { hello: 'world' }, errors: [] });
    expect({ signIns: signIns(), refreshes: refreshes() }).toEqual({ signIns: 0, refreshes: 1 });
    gate.server.clock.advance(3_600_000);
    expect(await run('{ hello }')).toMatchObject({ data: { hello: 'world' }, errors: [] });
    expect(refreshes()).toBe(2);
  });

  test('refreshes for a mutation as well, which then runs once', async () => {
    await run('{ hello }');
    gate.server.clock.advance(3_600_000);
    const before = gate.upstream.requests.length;
    const { errors } = await run('mutation { addWidget(name: "after an hour") { name } }');
    expect(errors).toEqual([]);
    expect(gate.upstream.requests).toHaveLength(before + 1);
  });

  test('signs in again when the session has ended too', async () => {
    await run('{ hello }');
    const refreshes = count('signInRefresh');
    gate.server.clock.advance(400 * 24 * 3_600_000);
    expect(await run('{ hello }')).toMatchObject({ data: { hello: 'world' }, errors: [] });
    expect(refreshes()).toBe(1);
  });

  test('sees the code, and asks nobody again, when its session was ended elsewhere', async () => {
    await run('{ hello }');
    const accessToken = await session.accessToken();
    await gate.server.ask('mutation { signOut { sessionsEnded } }', { token: accessToken });
    const refreshes = count('signInRefresh');
    expect(await run('{ hello }')).toEqual({ data: null, errors: ['TOKEN_REVOKED'] });
    expect(refreshes()).toBe(0);
  });

  test('begins another session after a sign-out of its own', async () => {
    await run('{ hello }');
    const first = await session.accessToken();
    await session.signOut();
    expect((await gate.server.ask('{ hello }', { token: first })).body.errors[0].extensions.code).toBe('TOKEN_REVOKED');
    expect(await run('{ hello }')).toMatchObject({ data: { hello: 'world' }, errors: [] });
  });

  test('sees what the API says of a field that failed, with the rest of the data', async () => {
    const { data, errors } = await run('{ hello failNullable viewer { userName } }');
    expect(data).toMatchObject({ hello: 'world', failNullable: null, viewer: { userName } });
    expect(errors).toHaveLength(1);
  });

  test('sees the code of what the gate refuses', async () => {
    const mixed = 'mutation { addWidget(name: "x") { id } signOut { sessionsEnded } }';
    expect(await run(mixed)).toEqual({ data: null, errors: ['MIXED_MUTATION'] });
    expect(await run('{ hello viewer { nope } }')).toEqual({ data: null, errors: ['GRAPHQL_VALIDATION_FAILED'] });
  });
});

test('a session asked at once for another token by many refreshes once', async () => {
  const gate = await startGate(() => yoga.start());
  onTestFinished(() => gate.stop());
  const session = createSession({ url: gate.server.url, userName: 'ada@example.com', password });
  const used = await session.accessToken();
  const spy = vi.spyOn(globalThis, 'fetch');
  const renewed = await Promise.all(Array.from({ length: 20 }, () => session.renew(used)));
  expect(spy).toHaveBeenCalledTimes(1);
  expect(new Set(renewed).size).toBe(1);
  expect(renewed[0]).not.toBe(used);
  spy.mockRestore();
});

describe('with a wrong password', () => {
  test('a session says so and tries no second time', async () => {
    const gate = await startGate(() => yoga.start());
    onTestFinished(() => gate.stop());
    const session = createSession({
      url: gate.server.url,
      userName: 'ada@example.com',
      password: 'wrong, but long enough',
    });
    const client = createRequestClient(gate.server.url, session);
    await expect(client.request('{ hello }')).rejects.toThrow('password');
    expect(gate.upstream.requests.filter(({ body }) => body.includes('wrong, but'))).toEqual([]);
  });
});

test('Apollo Client asks once for what its cache has', async () => {
  const gate = await startGate(() => apollo.start());
  onTestFinished(() => gate.stop());
  const session = createSession({ url: gate.server.url, userName: 'ada@example.com', password });
  const client = createApolloClient(gate.server.url, session);
  const query = gql('query Widget($id: ID!) { widget(id: $id) { id name } viewer { id userName } }');
  const first = await client.query({ query, variables: { id: '7' } });
  const before = gate.upstream.requests.length;
  const second = await client.query({ query, variables: { id: '7' } });
  expect(second.data).toEqual(first.data);
  // The client asks for __typename everywhere: it must be the upstream's and ours.
  expect(second.data).toMatchObject({ widget: { __typename: 'Widget' }, viewer: { __typename: 'Viewer' } });
  expect(gate.upstream.requests).toHaveLength(before);
});
