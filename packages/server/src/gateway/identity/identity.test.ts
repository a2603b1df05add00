import { describe, expect, test } from 'vitest';
import { codeOf, openTestSession } from '../../../test/domain.js';
import { decode } from '../../../test/tokens.js';
import { createUpstreamIdentity, type IdentitySettings } from './identity.js';

const plain: IdentitySettings = {
  mode: 'token',
  preset: 'none',
  defaultRole: 'user',
  claims: {},
  audience: 'http://localhost:5000/graphql',
  tokenLifetime: 60_000,
  headers: {},
  secretHeaders: {},
  introspectionHeaders: {},
};

/** Somebody who has signed in, and how an upstream would learn of them. */
async function open(settings: Partial<IdentitySettings>) {
  const opened = await openTestSession();
  const { domain, first } = opened;
  const claims = await domain.accessTokens.verify(first.accessToken);
  const identity = createUpstreamIdentity(domain, { ...plain, ...settings });
  return { ...opened, claims, identity, fields: () => identity.fieldsFor(first.accessToken, claims) };
}

const payloadOf = (fields: readonly string[]) => decode(fields[1]?.split('.')[1]);

describe('the upstream learns who is asking', () => {
  test('from the access token itself', async () => {
    const { fields, first } = await open({});
    expect(fields()).toEqual(['authorization', `Bearer ${first.accessToken}`]);
  });

  test('from a token made for it, which is at hand from the second request on', async () => {
    const { fields, clock } = await open({ mode: 'jwt', claims: { name: '{userName}', all: '{scopes}' } });
    const made = fields();
    expect(made).toBeInstanceOf(Promise);
    const ready = await made;
    expect(payloadOf(ready)).toMatchObject({ name: 'ada@example.com', all: ['companies:read'] });
    expect(fields()).toEqual(ready);
    clock.advance(30_000);
    expect(fields()).toBeInstanceOf(Promise);
  });

  test('from what a preset has, with claims of the configuration beside and inside of it', async () => {
    const namespace = 'https://hasura.io/jwt/claims';
    const claims = { [namespace]: { 'x-hasura-default-role': 'editor', 'x-hasura-org': 'o' }, extra: true };
    const { fields, user } = await open({ mode: 'jwt', preset: 'hasura', claims });
    expect(payloadOf(await fields())).toMatchObject({
      extra: true,
      [namespace]: {
        'x-hasura-user-id': user.id,
        'x-hasura-default-role': 'editor',
        'x-hasura-allowed-roles': ['user'],
        'x-hasura-org': 'o',
      },
    });
  });

  test('from header fields, at once where nothing has to be looked up', async () => {
    const { fields, user } = await open({ mode: 'headers', headers: { 'X-User': '{userId}', 'X-Role': '{role}' } });
    expect(fields()).toEqual(['x-user', user.id, 'x-role', 'user']);
    expect(fields()).toBe(fields());
  });

  test('from header fields with the name, which is looked up once', async () => {
    const { fields, user, sessionId } = await open({ mode: 'headers' });
    expect(fields()).toBeInstanceOf(Promise);
    expect(await fields()).toEqual([
      'x-latchkey-user-id',
      user.id,
      'x-latchkey-user-name',
      'ada@example.com',
      'x-latchkey-scope',
      'companies:read',
      'x-latchkey-session-id',
      sessionId,
    ]);
    expect(fields()).not.toBeInstanceOf(Promise);
  });

  test('not at all', async () => {
    const { fields } = await open({ mode: 'none' });
    expect(fields()).toEqual([]);
  });
});

test.each<[Partial<IdentitySettings>, readonly string[]]>([
  [{ mode: 'token' }, []],
  [{ mode: 'jwt', preset: 'hasura' }, []],
  [{ mode: 'headers' }, []],
  [{ mode: 'headers', preset: 'hasura' }, ['x-hasura-role', 'anonymous']],
  [{ mode: 'none' }, []],
])('of a caller without a token it hears, with %j: %j', async (settings, told) => {
  const { identity } = await open(settings);
  expect(identity.fieldsFor(undefined, undefined)).toEqual(told);
});

describe.each<Partial<IdentitySettings>>([{ mode: 'jwt', claims: { name: '{userName}' } }, { mode: 'headers' }])(
  'where the name has to be looked up, with %j',
  (settings) => {
    test('nothing is said of a session that ends meanwhile', async () => {
      const { fields, domain, sessionId } = await open(settings);
      const looking = Promise.resolve(fields());
      domain.revocations.add(sessionId);
      expect(await codeOf(looking)).toBe('TOKEN_REVOKED');
    });

    test('nothing is said while the store is away, and what is known is said on', async () => {
      const { fields, sql } = await open(settings);
      sql('ALTER TABLE users RENAME TO lost');
      await expect(Promise.resolve(fields())).rejects.toMatchObject({ name: 'StoreUnavailableError' });
      sql('ALTER TABLE lost RENAME TO users');
      const known = await fields();
      sql('ALTER TABLE users RENAME TO lost');
      expect(await fields()).toEqual(known);
      sql('ALTER TABLE lost RENAME TO users');
    });
  },
);

test('whatever could pass for ours is dropped: identity, secrets of both kinds, and all of Hasura where it is used', async () => {
  const { identity } = await open({
    mode: 'headers',
    headers: { 'X-User': '{userId}' },
    secretHeaders: { 'X-Key': 'k' },
    introspectionHeaders: { 'X-Hasura-Admin-Secret': 's' },
  });
  const { names, prefixes } = identity.dropped;
  for (const name of ['x-user', 'x-key', 'x-hasura-admin-secret', 'authorization']) expect(names).toContain(name);
  expect(prefixes).toEqual(['x-latchkey-', 'x-forwarded-', 'x-hasura-']);
  expect(identity.secret).toEqual(['x-key', 'k']);
});

test('what names Hasura as an identity drops all of Hasura, and where nothing does, nothing is', async () => {
  const named = await open({ mode: 'headers', headers: { 'x-HASURA-user-id': '{userId}' } });
  expect(named.identity.dropped.prefixes).toContain('x-hasura-');
  expect((await open({})).identity.dropped.prefixes).toEqual(['x-latchkey-', 'x-forwarded-']);
});
