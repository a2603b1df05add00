import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getIntrospectionQuery } from 'graphql';
import { createSchema, createYoga } from 'graphql-yoga';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Gate, startGate, untilInService } from '../gate.js';
import { password, startTestServer, type TestServer } from '../harness.js';
import { type ScriptedUpstream, sendJson, startScripted } from '../scripted-upstream.js';

describe('a name that the upstream has too', () => {
  const start = async (sdl: string, rename = {}) => {
    const upstream = await startScripted(
      (response) => sendJson(response, { data: { viewer: 'theirs', hello: 'world' } }),
      { sdl },
    );
    onTestFinished(() => upstream.close());
    const server = await startTestServer({ upstream: upstream.url, rename });
    onTestFinished(() => server.stop());
    return { server, upstream };
  };
  const reasonOf = async ({ failed }: TestServer): Promise<Error> => failed.catch((error: Error) => error);

  const clashes: [string, string, string][] = [
    ['Query.viewer', 'type Query { viewer: String hello: String }', '{"rename":{"Query.viewer":"latchkeyViewer"}}'],
    [
      'Mutation.signIn',
      'type Query { a: Int } type Mutation { signIn: Int }',
      '{"rename":{"Mutation.signIn":"latchkeySignIn"}}',
    ],
    [
      'Mutation.signOut',
      'schema { query: Q mutation: M } type Q { a: Int } type M { signOut: Int }',
      '{"rename":{"Mutation.signOut":"latchkeySignOut"}}',
    ],
    ['Viewer', 'type Query { me: Viewer } type Viewer { a: Int }', '{"rename":{"Viewer":"LatchkeyViewer"}}'],
    [
      'SignInResult',
      'type Query { a: SignInResult } enum SignInResult { A }',
      '{"rename":{"SignInResult":"LatchkeySignInResult"}}',
    ],
    [
      'SignInCredentials',
      'type Query { a(b: SignInCredentials): Int } input SignInCredentials { a: Int }',
      '{"rename":{"SignInCredentials":"LatchkeySignInCredentials"}}',
    ],
    [
      'UsagePeriod',
      'type Query { a: UsagePeriod } enum UsagePeriod { A }',
      '{"rename":{"UsagePeriod":"LatchkeyUsagePeriod"}}',
    ],
    [
      'ViewerSession',
      'type Query { a: ViewerSession } scalar ViewerSession',
      '{"rename":{"ViewerSession":"LatchkeyViewerSession"}}',
    ],
  ];

  test.each(clashes)(
    'stops the server where it is %s, and the setting that the error names mends it',
    async (name, sdl, setting) => {
      const { server } = await start(sdl);
      const error = await reasonOf(server);
      expect(error.message).toBe(
        `The upstream has ${name}, and so does Latchkey. Rename ours in the configuration file: ${setting}`,
      );
      const { rename } = JSON.parse(setting);
      const mended = await start(sdl, rename);
      await untilInService(mended.server);
      const { body } = await mended.server.ask(getIntrospectionQuery());
      expect(JSON.stringify(body)).toContain(`"${Object.values(rename)[0]}"`);
    },
  );

  test('is found out again where the new name is theirs, too', async () => {
    const { server } = await start('type Query { viewer: String me: String }', { 'Query.viewer': 'me' });
    const { message } = await reasonOf(server);
    expect(message).toBe(
      'The upstream has Query.me, and so does Latchkey. Rename ours in the configuration file: {"rename":{"Query.viewer":"latchkeyMe"}}',
    );
  });

  test('is left alone where it is a field of another type or a type of another kind of thing', async () => {
    const { server } = await start(
      'type Query { signIn: Int a(viewer: Int): Thing } type Thing { viewer: Int signOut: Int }',
    );
    await untilInService(server);
  });

  test('is theirs after ours was renamed, in one query with ours', async () => {
    const rename = {
      'Query.viewer': 'me',
      Viewer: 'Me',
      'Mutation.signIn': 'login',
      'Mutation.signInRefresh': 'again',
      'Mutation.signOut': 'logout',
    };
    const { server, upstream } = await start(
      'type Query { viewer: String hello: String } type Viewer { a: Int }',
      rename,
    );
    await untilInService(server);
    await server.addUser('ada@example.com');
    const signIn = `mutation { login(credentials: { userName: "ada@example.com", password: "${password}" }) { accessToken refreshToken } }`;
    const { accessToken, refreshToken } = (await server.ask(signIn, { headers: { authorization: 'Bearer old' } })).body
      .data.login;
    const { body } = await server.ask('{ me { __typename userName } viewer hello }', { token: accessToken });
    expect(body).toEqual({
      data: { me: { __typename: 'Me', userName: 'ada@example.com' }, viewer: 'theirs', hello: 'world' },
    });
    expect(JSON.parse(upstream.requests.at(-1)?.body ?? '').query).toBe('{\n  viewer\n  hello\n}');
    const refreshed = await server.ask(
      `mutation { again(credentials: { refreshToken: "${refreshToken}" }) { accessToken } }`,
    );
    expect(refreshed.body.data.again.accessToken).toEqual(expect.any(String));
    expect((await server.ask('mutation { logout { sessionsEnded } }', { token: accessToken })).body).toEqual({
      data: { logout: { sessionsEnded: 1 } },
    });
    expect((await server.ask('{ me { userName } }', { token: accessToken })).status).toBe(401);
  });

  test('that is none of ours cannot be renamed', async () => {
    await expect(startTestServer({ rename: { 'Query.nobody': 'x' } })).rejects.toThrow(
      '"Query.nobody" in "rename" is not a name of Latchkey\'s',
    );
  });
});

describe('an upstream whose root types have other names', () => {
  const start = async (sdl: string, resolvers: Resolvers) => startGate(() => startYoga(sdl, resolvers));
  type Resolvers = Parameters<typeof startYoga>[1];
  const names =
    'schema { query: query_root mutation: mutation_root } type query_root { hello: String } type mutation_root { change: Int }';
  let gate: Gate<Pick<ScriptedUpstream, 'url' | 'close'>>;
  beforeAll(async () => {
    gate = await start(names, { query_root: { hello: () => 'hello' }, mutation_root: { change: () => 1 } });
  });
  afterAll(() => gate.stop());

  test.each([
    [
      '{ __typename viewer { userName } hello }',
      { __typename: 'query_root', viewer: { userName: 'ada@example.com' }, hello: 'hello' },
    ],
    [
      '{ ...F } fragment F on query_root { hello viewer { userName } }',
      { hello: 'hello', viewer: { userName: 'ada@example.com' } },
    ],
    [
      '{ ... on query_root { __typename } viewer { __typename } }',
      { __typename: 'query_root', viewer: { __typename: 'Viewer' } },
    ],
    ['{ hello }', { hello: 'hello' }],
    ['mutation { change }', { change: 1 }],
    ['mutation { __typename }', { __typename: 'mutation_root' }],
    [
      '{ __schema { queryType { name } mutationType { name } } }',
      { __schema: { queryType: { name: 'query_root' }, mutationType: { name: 'mutation_root' } } },
    ],
  ])('answers %s', async (query, data) => {
    expect((await gate.server.ask(query, { token: gate.token })).body).toEqual({ data });
  });

  test('has these names also for callers without a token', async () => {
    const query = '{ __typename ...F } fragment F on query_root { __schema { mutationType { name fields { name } } } }';
    const { data } = (await gate.server.ask(query)).body;
    expect(data.__typename).toBe('query_root');
    expect(data.__schema.mutationType).toMatchObject({
      name: 'mutation_root',
      fields: [{ name: 'signIn' }, {}, {}, {}],
    });
    expect(await gate.server.signIn('ada@example.com')).toMatchObject({ accessToken: expect.any(String) });
  });

  test('may have no mutation at all', async () => {
    const other = await start('type Query { hello: String }', { Query: { hello: () => 'hello' } });
    onTestFinished(() => other.stop());
    const query = '{ __schema { mutationType { name fields { name } } } }';
    const { data } = (await other.server.ask(query, { token: other.token })).body;
    const fields = [{ name: 'signIn' }, { name: 'signInRefresh' }, { name: 'signOut' }, { name: 'revokeSession' }];
    expect(data.__schema.mutationType).toEqual({ name: 'Mutation', fields });
    const { body } = await other.server.ask('mutation { signOut { sessionsEnded } }', { token: other.token });
    expect(body).toEqual({ data: { signOut: { sessionsEnded: 1 } } });
    const { accessToken: token } = await other.server.signIn('ada@example.com');
    const unknown = await other.server.ask('mutation { change }', { token });
    expect(unknown.body.errors[0].message).toEqual(expect.any(String));
  });
});

async function startYoga(
  typeDefs: string,
  resolvers: Record<string, Record<string, () => unknown>>,
): Promise<Pick<ScriptedUpstream, 'url' | 'close'>> {
  const yoga = createYoga({ schema: createSchema({ typeDefs, resolvers }), logging: false });
  const server = createServer(yoga).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
