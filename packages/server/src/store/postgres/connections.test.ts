import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createTestDatabase, openTestStore, startOwnPostgres } from '../../../test/postgres/database.js';
import { startRelay } from '../../../test/relay.js';
import { StoreUnavailableError } from '../store.js';
import { openConnection } from './connection.js';
import { createConnections } from './connections.js';
import { readTarget } from './target.js';

const settings = { timeout: 1_000, size: 2, share: 64 };

function connectionsTo(url: string, { timeout, ...rest } = settings) {
  const target = readTarget(url, {});
  return createConnections({ ...rest, timeout, open: (onLoss) => openConnection(target, { timeout }, onLoss) });
}

test('each of many statements at once gets its own answer, and an error of one harms no other', async () => {
  const { url } = await createTestDatabase();
  const connections = connectionsTo(url);
  const divide = { name: 'divide', text: 'SELECT 100 / $1::INTEGER AS quotient, $2::TEXT AS label' };
  const outcomes = await Promise.allSettled(
    Array.from({ length: 500 }, (_, i) =>
      connections.run(async (connection) => (await connection.query(divide, [i % 5, `#${i}`])).rows[0]),
    ),
  );
  for (const [i, outcome] of outcomes.entries()) {
    if (i % 5 === 0) expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'division by zero' } });
    else
      expect(outcome).toEqual({ status: 'fulfilled', value: { quotient: Math.trunc(100 / (i % 5)), label: `#${i}` } });
  }
  await connections.close();
});

test('a statement that takes too long is ended by the server, and the connection goes on', async () => {
  const { url } = await createTestDatabase();
  const connections = connectionsTo(url, { ...settings, timeout: 200, size: 1 });
  const slow = connections.run((connection) => connection.run('SELECT pg_sleep(60)'));
  await expect(slow).rejects.toThrow('canceling statement due to statement timeout');
  await connections.run((connection) => connection.run('SELECT 1'));
  expect(connections.losses()).toBe(0);
  await connections.close();
});

test('a wait for a lock in a transaction keeps no refresh waiting', async () => {
  const { url, connect, query } = await createTestDatabase();
  const store = await openTestStore(url, { poolSize: 1 });
  await query(`INSERT INTO users VALUES ('ada', 'ada', 'hash', '', 0, NULL, NULL)`);
  const other = await connect();
  await other.query('BEGIN');
  await other.query(`SELECT 1 FROM users WHERE id = 'ada' FOR UPDATE`);
  const entry = { at: 1, action: 'a', userId: null, sessionId: null, source: '', detail: null };
  const disabled = store.disableUser({ userId: 'ada', at: 1, reason: 'x', expiredBy: 0 }, entry);
  await vi.waitFor(async () =>
    expect(
      await query(`SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`),
    ).toHaveLength(1),
  );
  expect(await store.rotateSession({ id: 's', generation: 0, now: 0, idleExpiresAt: 0 })).toBeUndefined();
  expect((await store.findUser('ada'))?.disabledAt).toBeNull();
  await other.query('COMMIT');
  await disabled;
  expect((await store.findUser('ada'))?.disabledAt).toBe(1);
});

test('a restart of the server is over for the store when it is over for the server', async () => {
  const server = await startOwnPostgres();
  const store = await openTestStore(server.url, { poolSize: 2 });
  await store.findAgreement('a');
  await server.stop();
  const during = store.agreeOn('asked', 'while it was away');
  await server.start();
  expect(await during).toBe('while it was away');
  await store.findAgreement('a');
  await server.kill();
  // It cleans up after what was killed.
  await vi.waitFor(() => server.start(), { timeout: 10_000, interval: 200 });
  await vi.waitFor(() => store.findAgreement('a'), { timeout: 5_000 });
  expect(await store.findAgreement('asked')).toBe('while it was away');
});

test('while the server is away for long, statements are refused at once and not kept waiting', async () => {
  const server = await startOwnPostgres();
  const store = await openTestStore(server.url, { timeout: 300 });
  await store.findAgreement('a');
  await server.stop();
  await expect(store.findAgreement('a')).rejects.toThrow(StoreUnavailableError);
  await vi.waitFor(
    async () => {
      const began = performance.now();
      await expect(store.findAgreement('a')).rejects.toThrow(/^there is no connection to the database: .*ECONNREFUSED/);
      expect(performance.now() - began).toBeLessThan(50);
    },
    { timeout: 3_000 },
  );
  await store.close();
});

test('a server that has frozen fails what was asked in time, and what it said before stays apart', async () => {
  const { url } = await createTestDatabase();
  const relay = await startRelay(url);
  const store = await openTestStore(relay.url, { timeout: 300, poolSize: 1 });
  await store.findAgreement('a');
  relay.freeze();
  const began = performance.now();
  await expect(store.agreeOn('a', 'b')).rejects.toThrow('the database has not answered for 800 ms');
  expect(performance.now() - began).toBeLessThan(1_500);
  // A new connection to it does not come about either.
  await expect(store.findAgreement('a')).rejects.toThrow(StoreUnavailableError);
  relay.thaw();
  await vi.waitFor(() => store.findAgreement('a'), { timeout: 5_000 });
});

test('of many connections to a server that has frozen, the first to notice tells for all', async () => {
  const { url } = await createTestDatabase();
  const relay = await startRelay(url);
  const store = await openTestStore(relay.url, { timeout: 300, poolSize: 5 });
  // Those that are asked at once get a connection each.
  await Promise.all(Array.from({ length: 20 }, () => store.findAgreement('a')));
  relay.freeze();
  await expect(store.findAgreement('a')).rejects.toThrow('the database has not answered for 800 ms');
  for (let times = 0; times < 3; times++) {
    await expect(store.findAgreement('a')).rejects.toThrow(
      /^(no connection to the database was free|there is no connection)/,
    );
  }
});

test('a server that only reads from now on is left: the next connection may find the new primary', async () => {
  const { url } = await startOwnPostgres();
  const store = await openTestStore(url, { timeout: 500, poolSize: 1 });
  const operator = new pg.Client(url);
  onTestFinished(() => operator.end());
  await operator.connect();
  const set = async (value: string) => {
    await operator.query(`ALTER SYSTEM SET default_transaction_read_only = ${value}`);
    await operator.query('SELECT pg_reload_conf()');
  };
  const ours = async () =>
    (await operator.query(`SELECT pid FROM pg_stat_activity WHERE application_name = 'latchkey'`)).rows;
  await store.findAgreement('a');
  const [before] = await ours();
  await set('on');
  await vi.waitFor(() => expect(store.agreeOn('a', 'b')).rejects.toThrow(/read.only/));
  await vi.waitFor(async () => expect(await ours()).not.toContainEqual(before));
  await expect(store.agreeOn('a', 'b')).rejects.toThrow(/the database is set to read only/);
  await set('off');
  await vi.waitFor(() => store.agreeOn('a', 'b'), { timeout: 5_000 });
});

test('what was asked before it closes is answered, and nothing after', async () => {
  const { url } = await createTestDatabase();
  const connections = connectionsTo(url, { ...settings, size: 1, share: 1 });
  const answers = Promise.all(
    Array.from({ length: 20 }, () => connections.run((connection) => connection.run('SELECT pg_sleep(0.005)'))),
  );
  await connections.close();
  expect(await answers).toHaveLength(20);
  await expect(connections.run((connection) => connection.run('SELECT 1'))).rejects.toThrow('the store is closed');
});

test.each(['25006', '0A000'])('a connection of no use, as after the error %s, is ended once', async (code) => {
  const end = vi.fn(async () => undefined);
  const fail = async () => Promise.reject(Object.assign(new Error('of no use'), { code }));
  const open = async () => ({ query: fail, run: fail, onNotification: () => undefined, end });
  const connections = createConnections({ ...settings, size: 1, open });
  await expect(connections.run((connection) => connection.run('SELECT 1'))).rejects.toThrow('of no use');
  await connections.close();
  expect(end).toHaveBeenCalledTimes(1);
});
