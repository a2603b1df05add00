import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { password } from '../harness.js';
import { type Upstream, upstreams } from '../upstreams/index.js';

const userName = 'ada@example.com';
const signIn = `signIn(credentials: { userName: "${userName}", password: "${password}" }) { accessToken refreshToken }`;

describe.each(upstreams)('what $name gets to see', ({ start }) => {
  let gate: Gate<Upstream>;
  let refreshToken: string;
  beforeAll(async () => {
    gate = await startGate(start);
    refreshToken = (await gate.server.signIn(userName)).refreshToken;
  });
  afterAll(() => gate.stop());

  const ask = (query: string, options: { variables?: Record<string, unknown>; operationName?: string } = {}) =>
    gate.server.ask(query, { token: gate.token, ...options });
  /** Everything that has arrived there since the start. */
  const seen = () => JSON.stringify(gate.upstream.requests);

  test('is nothing of a sign-in, a refresh or a sign-out', async () => {
    const before = gate.upstream.requests.length;
    const { body } = await gate.server.ask(`mutation { ${signIn} }`);
    await gate.server.refresh(body.data.signIn.refreshToken);
    await gate.server.ask('mutation { signOut { sessionsEnded } }', { token: body.data.signIn.accessToken });
    await gate.server.ask('{ viewer { userName } __schema { queryType { name } } }', { token: gate.token });
    expect(gate.upstream.requests).toHaveLength(before);
  });

  // What an IDE sends: the whole editor and all its variables, and the name of the operation under the cursor.
  const editor = `
    mutation SignIn { ${signIn} }
    mutation Refresh($refreshToken: String!) { signInRefresh(credentials: { refreshToken: $refreshToken }) { accessToken } }
    query Me { viewer { userName } }
    query Theirs($text: String!) { echo(text: $text) ...F }
    query Both($text: String!) { viewer { userName } echo(text: $text) ...F }
    mutation Change($name: String!) { addWidget(name: $name) { name } }
    fragment F on Query { hello }`;
  const variables = () => ({ refreshToken, text: 'hi', name: 'new', password });

  test.each([
    ['Theirs', { echo: 'hi', hello: 'world' }],
    ['Both', { viewer: { userName }, echo: 'hi', hello: 'world' }],
    ['Change', { addWidget: { name: 'new' } }],
    ['Me', { viewer: { userName } }],
  ])(
    'is, of an editor with operations of ours and theirs, nothing of ours when %s is run',
    async (operationName, data) => {
      const { body } = await ask(editor, { operationName, variables: variables() });
      expect(body).toEqual({ data });
      for (const secret of [password, refreshToken, userName, 'signIn', 'viewer']) expect(seen()).not.toContain(secret);
    },
  );

  test('does not change where a query of theirs comes with what it does not need', async () => {
    const { body } = await ask('query Q($text: String!) { viewer { scope } echo(text: $text) }', {
      variables: { text: 'hi', password, refreshToken },
    });
    expect(body.data.echo).toBe('hi');
    for (const secret of [password, refreshToken]) expect(seen()).not.toContain(secret);
  });

  test('is no variable that the operation does not declare: the pane of an editor still has the sign-in', async () => {
    const credentials = { userName, password, refreshToken };
    for (const query of ['{ hello }', '{ hello viewer { scope } }', 'query Q($text: String!) { echo(text: $text) }']) {
      const { body } = await ask(query, { variables: { credentials, refreshToken, text: 'hi' } });
      expect(body.errors).toBeUndefined();
    }
    for (const secret of [password, refreshToken, 'credentials']) expect(seen()).not.toContain(secret);
  });

  test.each([
    ['a sign-in without the word "mutation"', `{ ${signIn} }`, {}],
    ['what is left of a sign-in', 'query ($c: SignInCredentials!) { hello }', { c: { userName, password } }],
    [
      'a written default that is left',
      `query ($c: SignInCredentials! = { userName: "a", password: "${password}" }) { hello }`,
      {},
    ],
    [
      'a field of ours and what is left of a sign-in',
      'query ($c: SignInCredentials!) { hello viewer { scope } }',
      { c: { userName, password } },
    ],
  ])('is nothing of %s, which is refused', async (_, query, variables) => {
    const before = gate.upstream.requests.length;
    const { status, body } = await ask(query, { variables });
    expect({ status, code: body.errors[0].extensions.code }).toEqual({
      status: 400,
      code: 'GRAPHQL_VALIDATION_FAILED',
    });
    expect(gate.upstream.requests).toHaveLength(before);
  });

  test('is nothing of what another operation of the document or an unused fragment has written', async () => {
    const rest = `query Old($c: SignInCredentials = { userName: "a", password: "${password}" }) { hello }
      fragment Gone on Mutation { ${signIn} }`;
    const { body } = await ask(`query New { hello } ${rest}`, { operationName: 'New' });
    expect(body).toEqual({ data: { hello: 'world' } });
    expect(seen()).not.toContain(password);
  });

  test('is never another header of ours than the access token', () => {
    const names = new Set(gate.upstream.requests.flatMap(({ headers }) => Object.keys(headers)));
    expect([...names].filter((name) => /cookie|authorisation|latchkey|proxy/.test(name))).toEqual([]);
  });
});
