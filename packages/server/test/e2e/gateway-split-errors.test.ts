import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type Gate, startGate } from '../gate.js';
import { password } from '../harness.js';
import { type Upstream, upstreams } from '../upstreams/index.js';

describe.each(upstreams)('a query for us and for $name that is wrong', ({ start }) => {
  let gate: Gate<Upstream>;
  beforeAll(async () => {
    gate = await startGate(start);
  });
  afterAll(() => gate.stop());

  const ask = (query: string, options: { variables?: Record<string, unknown> } = {}) =>
    gate.server.ask(query, { token: gate.token, ...options });
  const asked = () => gate.upstream.requests.length;

  describe('is refused before anybody is asked where our part', () => {
    test.each([
      ['does not fit the schema', '{ hello viewer { nope } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
      ['has no selection', '{ hello viewer }', {}, 'GRAPHQL_VALIDATION_FAILED'],
      ['spreads a fragment that is not there', '{ hello viewer { scope } ...Gone }', {}, 'GRAPHQL_VALIDATION_FAILED'],
      [
        'spreads a fragment in itself',
        '{ hello ...F } fragment F on Query { hello viewer { scope } ...F }',
        {},
        'GRAPHQL_VALIDATION_FAILED',
      ],
      [
        'spreads a fragment on another type',
        '{ hello ... on Viewer { viewer { scope } } }',
        {},
        'GRAPHQL_VALIDATION_FAILED',
      ],
      [
        'declares a variable that nobody uses',
        'query ($x: Int) { hello viewer { scope } }',
        {},
        'GRAPHQL_VALIDATION_FAILED',
      ],
      [
        'uses a variable that is not declared',
        '{ hello viewer @skip(if: $x) { scope } }',
        {},
        'GRAPHQL_VALIDATION_FAILED',
      ],
    ])('%s', async (_, query, variables, code) => {
      const before = asked();
      const { status, body } = await ask(query, { variables });
      expect({ status, code: body.errors?.[0].extensions.code }).toEqual({ status: 400, code });
      expect(body).not.toHaveProperty('data');
      expect(asked()).toBe(before);
    });
  });

  test.each([
    '{ viewer { scope } nope }',
    '{ viewer { scope } echo }',
    'query ($t: String!) { viewer { scope } echo(text: $t) }',
  ])('has no data where the upstream refuses its part: %s', async (query) => {
    const { body } = await ask(query);
    expect(body.data ?? null).toBeNull();
    expect(body.errors[0].message).toEqual(expect.any(String));
  });

  test('has our errors where only a variable of our part is wrong', async () => {
    const { status, body } = await ask('query ($x: Boolean!) { hello viewer @skip(if: $x) { scope } }', {
      variables: { x: 'yes' },
    });
    expect(status).toBe(400);
    expect(body.errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });

  test('has null and an error at the path where a nullable field of the upstream fails', async () => {
    const { status, body } = await ask('{ viewer { userName } bad: failNullable hello }');
    expect(status).toBe(200);
    expect(body.data).toEqual({ viewer: { userName: 'ada@example.com' }, bad: null, hello: 'world' });
    expect(body.errors).toEqual([expect.objectContaining({ path: ['bad'], message: expect.any(String) })]);
  });

  test('is null as a whole where a field of the upstream fails that must not be null', async () => {
    const { status, body } = await ask('{ viewer { userName } bad: failNonNull hello }');
    expect({ status, data: body.data }).toEqual({ status: 200, data: null });
    expect(body.errors).toEqual([expect.objectContaining({ path: ['bad'] })]);
  });

  test('has the errors of both sides, each at its path', async () => {
    const { accessToken } = await gate.server.signIn('ada@example.com');
    const database = new DatabaseSync(join(gate.server.data, 'latchkey.db'));
    onTestFinished(() => database.close());
    // The session vanishes under a token that is still good.
    database.prepare('DELETE FROM sessions WHERE id = ?').run(sessionOf(accessToken));
    const { body } = await gate.server.ask('{ me: viewer { session { id } } bad: failNullable }', {
      token: accessToken,
    });
    expect(body.data).toBeNull();
    const errors = body.errors.map(({ path, extensions }: { path: string[]; extensions?: object }) => ({
      path,
      extensions,
    }));
    expect(errors).toEqual([
      { path: ['me', 'session'], extensions: expect.objectContaining({ code: 'TOKEN_REVOKED' }) },
      expect.objectContaining({ path: ['bad'] }),
    ]);
  });

  describe('as a mutation', () => {
    const credentials = `credentials: { userName: "ada@example.com", password: "${password}" }`;
    test.each([
      `mutation { signIn(${credentials}) { accessToken } addWidget(name: "x") { id } }`,
      'mutation { addWidget(name: "x") { id } signOut { sessionsEnded } }',
      'mutation { ...A } fragment A on Mutation { addWidget(name: "x") { id } ... { signOut { sessionsEnded } } }',
    ])('is refused: %s', async (query) => {
      const before = asked();
      const { status, body } = await ask(query);
      expect({ status, code: body.errors[0].extensions.code }).toEqual({ status: 400, code: 'MIXED_MUTATION' });
      expect(asked()).toBe(before);
      expect((await ask('{ viewer { scope } }')).status).toBe(200);
    });
  });
});

function sessionOf(jwt: string): string {
  return JSON.parse(Buffer.from(jwt.split('.')[1] as string, 'base64url').toString()).sid;
}
