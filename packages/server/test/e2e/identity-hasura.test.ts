import { randomBytes } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import type { Config } from '../../src/config/schema.js';
import { openDomain } from '../../src/main.js';
import { untilInService } from '../gate.js';
import { createTestLog, startTestServer } from '../harness.js';
import { takeTestDatabase } from '../postgres/database.js';
import { decode } from '../tokens.js';
import { type HasuraSettings, startHasuraStyle } from '../upstreams/hasura-style.js';

const adminSecret = 'the secret of the admin of Hasura';
const hasura: Partial<Config> = {
  upstreamIdentity: 'jwt',
  upstreamClaimsPreset: 'hasura',
  introspectionHeader: { 'X-Hasura-Admin-Secret': adminSecret },
};

/** Latchkey before an API like Hasura, with two users and a manager. */
async function open(config: Partial<Config> = hasura, atEnd: typeof onTestFinished | typeof afterAll = onTestFinished) {
  const settings: HasuraSettings = { adminSecret };
  const upstream = await startHasuraStyle(settings);
  const server = await startTestServer({ upstream: upstream.url, ...config });
  atEnd(async () => {
    await server.stop();
    await upstream.close();
  });
  settings.jwtSecret = {
    jwkUrl: `${server.origin}/.well-known/jwks.json`,
    issuer: server.origin,
    audience: upstream.url,
  };
  await untilInService(server);
  async function person(name: string, scope: string) {
    const userName = `${name}@example.com`;
    const { id } = await server.addUser(userName, scope);
    const { accessToken: token } = await server.signIn(userName);
    const ask = async (query: string, headers: Record<string, string> = {}) =>
      (await server.ask(query, { token, headers })).body;
    return { id, token, ask };
  }
  const people = [person('ada', 'orders:read'), person('bob', ''), person('eve', 'role:manager')] as const;
  const [ada, bob, eve] = await Promise.all(people);
  await ada.ask('mutation { insertOrder(item: "lamp") { id } }');
  await bob.ask('mutation { insertOrder(item: "boat") { id } }');
  /** The last token that the API was sent. */
  const tokenSeen = () => upstream.requests.at(-1)?.headers.authorization?.replace('Bearer ', '') ?? '';
  return { server, upstream, ada, bob, eve, tokenSeen };
}

const mine = '{ role orders { item } }';
const lamp = { data: { role: 'user', orders: [{ item: 'lamp' }] } };
const boat = { data: { role: 'user', orders: [{ item: 'boat' }] } };

const stores: Record<string, () => Promise<Partial<Config>>> = {
  SQLite: async () => ({}),
  PostgreSQL: async () => ({ database: (await takeTestDatabase()).url, secret: randomBytes(32).toString('base64') }),
};

describe.each(Object.entries(stores))('rules of rows as Hasura has them, with users in %s', (_, place) => {
  test('give each user their own rows, and a manager all', async () => {
    const { ada, bob, eve, tokenSeen, server, upstream } = await open({ ...hasura, ...(await place()) });
    expect(await ada.ask(mine)).toEqual(lamp);
    expect(await bob.ask(mine)).toEqual(boat);
    expect(await eve.ask(mine)).toEqual({
      data: { role: 'manager', orders: [{ item: 'lamp' }, { item: 'boat' }] },
    });
    // Together with a field of ours, too.
    expect(await ada.ask(`{ viewer { id } ${mine.slice(1)}`)).toEqual({
      data: { viewer: { id: ada.id }, ...lamp.data },
    });
    const [header, payload] = tokenSeen()
      .split('.')
      .map((part, i) => (i < 2 ? decode(part) : part));
    expect(header).toMatchObject({ typ: 'JWT' });
    expect(payload).toMatchObject({
      iss: server.origin,
      aud: upstream.url,
      sub: ada.id,
      'https://hasura.io/jwt/claims': {
        'x-hasura-user-id': ada.id,
        'x-hasura-default-role': 'user',
        'x-hasura-allowed-roles': ['user'],
      },
    });
  });
});

describe('a caller who would be somebody else', () => {
  let opened: Awaited<ReturnType<typeof open>>;
  beforeAll(async () => {
    opened = await open(hasura, afterAll);
  });

  test('changes nothing with header fields, in any spelling', async () => {
    const { ada, bob, upstream } = opened;
    const forged: Record<string, string>[] = [
      { 'X-Hasura-Role': 'manager', 'X-Hasura-User-Id': bob.id },
      { 'x-hasura-role': 'admin', 'x-hasura-admin-secret': adminSecret },
      { X_HASURA_ROLE: 'manager', 'X.Hasura.User.Id': bob.id, 'x-hasura_allowed-roles': 'manager' },
      { 'X-Hasura-Admin-Secret': 'a guess' },
      { 'X-Latchkey-User-Id': bob.id, X_Latchkey_Scope: 'role:manager' },
      { cookie: `token=${bob.token}` },
    ];
    for (const headers of forged) expect(await ada.ask(mine, headers)).toEqual(lamp);
    const seen = new Set(upstream.requests.flatMap(({ headers }) => Object.keys(headers)));
    // Introspection alone has one, which we have sent.
    expect([...seen].filter((name) => /hasura|latchkey|cookie/.test(name))).toEqual(['x-hasura-admin-secret']);
    const withSecret = upstream.requests.filter(({ headers }) => headers['x-hasura-admin-secret'] === adminSecret);
    expect(withSecret.every(({ body }) => body.includes('IntrospectionQuery'))).toBe(true);
  });

  test('gets nowhere with a token made for the API, with an access token there, or with one of their own', async () => {
    const { ada, server, upstream, tokenSeen } = opened;
    await ada.ask(mine);
    const forApi = tokenSeen();
    const refused = await server.ask(mine, { token: forApi });
    expect([refused.status, refused.body.errors[0].extensions.code]).toEqual([401, 'UNAUTHENTICATED']);

    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const claims = { 'https://hasura.io/jwt/claims': { 'x-hasura-default-role': 'manager' } };
    const own = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'ES256', typ: 'JWT', jwk: await exportJWK(publicKey) })
      .setIssuer(server.origin)
      .setAudience(upstream.url)
      .setExpirationTime('1h')
      .sign(privateKey);
    expect((await server.ask(mine, { token: own })).status).toBe(401);

    for (const token of [own, ada.token]) {
      const direct = await fetch(upstream.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        body: JSON.stringify({ query: mine }),
      });
      expect((await direct.json()).errors[0].extensions.code).toBe('access-denied');
    }
  });

  test('is nobody any more at once after signing out', async () => {
    const { bob, server, upstream } = opened;
    expect(await bob.ask(mine)).toEqual(boat);
    await bob.ask('mutation { signOut { sessionsEnded } }');
    const before = upstream.requests.length;
    const { status, body } = await server.ask(mine, { token: bob.token });
    expect([status, body.errors[0].extensions.code]).toEqual([401, 'TOKEN_REVOKED']);
    expect(upstream.requests).toHaveLength(before);
  });
});

test('while requests run and the key is rotated, each is answered, and the API verifies the tokens of both keys', async () => {
  const { ada, server, upstream } = await open();
  let isOver = false;
  const answers: unknown[] = [];
  const running = Array.from({ length: 4 }, async () => {
    while (!isOver) answers.push(await ada.ask(mine));
  });
  const kids = () =>
    new Set(
      upstream.requests.flatMap(({ headers: { authorization } }) =>
        authorization ? [decode(authorization.split(/[ .]/)[1]).kid] : [],
      ),
    );
  await vi.waitUntil(() => kids().size === 1);
  const settings = { ...loadConfig({}), data: server.data };
  const { domain, close } = await openDomain(settings, { log: createTestLog(), clock: server.clock });
  const { kid } = await domain.keys.rotate({ now: true, compromised: false, reason: undefined, source: 'operator' });
  await close();
  await vi.waitUntil(() => kids().has(kid), { timeout: 5_000 });
  isOver = true;
  await Promise.all(running);
  expect(kids().size).toBe(2);
  expect(answers.every((answer) => JSON.stringify(answer) === JSON.stringify(lamp))).toBe(true);
});

describe('with header fields and the admin secret', () => {
  const byHeaders: Partial<Config> = {
    upstreamIdentity: 'headers',
    upstreamClaimsPreset: 'hasura',
    upstreamHeader: { 'X-Hasura-Admin-Secret': adminSecret },
  };

  test('each user has the same rows, and no forged field reaches the API', async () => {
    const { ada, bob, eve, upstream } = await open(byHeaders);
    const forged = { 'X-Hasura-Role': 'admin', X_Hasura_Role: 'admin', 'x-hasura-user-id': bob.id };
    expect(await ada.ask(mine, forged)).toEqual(lamp);
    expect(await bob.ask(mine)).toEqual(boat);
    expect((await eve.ask(mine)).data.role).toBe('manager');
    const asked = upstream.requests.filter(({ headers }) => headers['x-hasura-user-id']);
    expect(asked.length).toBeGreaterThan(0);
    for (const { headers } of asked) expect(headers.authorization).toBeUndefined();
  });
});
