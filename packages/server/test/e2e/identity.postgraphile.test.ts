import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { untilInService } from '../gate.js';
import { startTestServer } from '../harness.js';
import { createTestDatabase } from '../postgres/database.js';
import { reserveUpstream } from '../upstreams/late-upstream.js';
import { startPostgraphile } from '../upstreams/postgraphile.js';

/** A table of orders with row level security, for people and clerks; roles are of the whole server, so they are new. */
async function createOrders() {
  const { url, query } = await createTestDatabase();
  const suffix = randomBytes(6).toString('hex');
  const [login, person, clerk] = [`login_${suffix}`, `person_${suffix}`, `clerk_${suffix}`];
  await query(`
    CREATE ROLE ${login} LOGIN NOINHERIT PASSWORD '${suffix}';
    CREATE ROLE ${person};
    CREATE ROLE ${clerk};
    GRANT ${person}, ${clerk} TO ${login};
    CREATE SCHEMA app;
    CREATE FUNCTION app.me() RETURNS text LANGUAGE sql STABLE AS $$
      SELECT nullif(current_setting('jwt.claims.user_id', true), '')
    $$;
    CREATE TABLE app.orders (
      id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
      owner text NOT NULL DEFAULT app.me(),
      item text NOT NULL
    );
    ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY;
    CREATE POLICY own ON app.orders TO ${person} USING (owner = app.me());
    CREATE POLICY everything ON app.orders FOR SELECT TO ${clerk} USING (true);
    GRANT USAGE ON SCHEMA app TO ${login}, ${person}, ${clerk};
    GRANT SELECT, INSERT, UPDATE, DELETE ON app.orders TO ${person};
    GRANT SELECT ON app.orders TO ${clerk};
  `);
  return { query, person, clerk, database: Object.assign(new URL(url), { username: login, password: suffix }).href };
}

test('policies of row level security decide by the token that PostGraphile gets, and by nothing that a caller sends', async () => {
  const { query, person, clerk, database } = await createOrders();
  const place = await reserveUpstream();
  const server = await startTestServer({
    upstream: place.url,
    upstreamIdentity: 'jwt',
    upstreamClaimsPreset: 'postgraphile',
    upstreamAudience: 'postgraphile',
    upstreamDefaultRole: person,
  });
  onTestFinished(() => server.stop());
  const jwt = {
    jwks: `${server.origin}/.well-known/jwks.json`,
    issuer: server.origin,
    audience: 'postgraphile',
  };
  const { url, close } = await startPostgraphile({ database, schemas: ['app'], jwt });
  onTestFinished(close);
  place.lead(url);
  await untilInService(server);

  async function join(name: string, scope = '') {
    const userName = `${name}@example.com`;
    const { id } = await server.addUser(userName, scope);
    const { accessToken: token } = await server.signIn(userName);
    return {
      id,
      token,
      ask: async (text: string, headers: Record<string, string> = {}) =>
        (await server.ask(text, { token, headers })).body,
    };
  }
  const [ada, bob, eve] = await Promise.all([join('ada'), join('bob'), join('eve', `role:${clerk}`)]);
  const create = (item: string, more = '') =>
    `mutation { createOrder(input: { order: { item: "${item}" ${more} } }) { order { owner } } }`;
  const all = '{ allOrders { nodes { item } } }';
  const items = (...names: string[]) => ({ data: { allOrders: { nodes: names.map((item) => ({ item })) } } });

  expect(await ada.ask(create('lamp'))).toEqual({ data: { createOrder: { order: { owner: ada.id } } } });
  expect(await bob.ask(create('boat'))).toEqual({ data: { createOrder: { order: { owner: bob.id } } } });
  expect(await ada.ask(all)).toEqual(items('lamp'));
  expect(await bob.ask(all)).toEqual(items('boat'));
  expect(await eve.ask(all)).toEqual(items('lamp', 'boat'));

  // Nobody writes for another, nor a clerk at all: the database itself refuses it.
  expect((await ada.ask(create('sly', `owner: "${bob.id}"`))).data.createOrder).toBeNull();
  expect((await eve.ask(create('sly'))).data.createOrder).toBeNull();
  expect(await query('SELECT item FROM app.orders ORDER BY id')).toEqual([{ item: 'lamp' }, { item: 'boat' }]);

  const forged = { role: clerk, 'jwt.claims.role': clerk, 'X-Latchkey-User-Id': bob.id, cookie: `token=${eve.token}` };
  expect(await ada.ask(all, forged)).toEqual(items('lamp'));

  // An access token is for the front door, not for the API.
  const direct = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${eve.token}` },
    body: JSON.stringify({ query: all }),
  });
  expect(direct.status).not.toBe(200);
});
