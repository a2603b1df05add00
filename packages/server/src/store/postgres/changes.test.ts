import { expect, onTestFinished, test, vi } from 'vitest';
import { createTestDatabase, openTestStore } from '../../../test/postgres/database.js';

const record = (id: string, at = 1) => `INSERT INTO changes (at, session_id) VALUES (${at}, '${id}')`;

test('a change that is committed late, behind others that began later, is not missed, and none is told twice', async () => {
  const { url, query, connect } = await createTestDatabase();
  const store = await openTestStore(url);
  let cursor = (await store.listChanges({ after: undefined, since: 0 })).cursor;
  const next = async () => {
    const changes = await store.listChanges({ after: cursor, since: 0 });
    cursor = changes.cursor;
    return changes.revokedSessions;
  };

  const late = await connect();
  await late.query('BEGIN');
  await late.query(record('late'));
  await query(record('early'));
  expect(await next()).toEqual(['early']);
  await query(record('between'));
  expect(await next()).toEqual(['between']);
  await late.query('COMMIT');
  expect(await next()).toEqual(['late']);
  expect(await next()).toEqual([]);
});

test('a change that is undone is never told', async () => {
  const { url, query, connect } = await createTestDatabase();
  const store = await openTestStore(url);
  const { cursor } = await store.listChanges({ after: undefined, since: 0 });
  const other = await connect();
  await other.query('BEGIN');
  await other.query(record('undone'));
  await query(record('done'));
  await other.query('ROLLBACK');
  expect((await store.listChanges({ after: cursor, since: 0 })).revokedSessions).toEqual(['done']);
});

test('a cursor of a database that an older copy has replaced begins again at the time', async () => {
  const { url, query } = await createTestDatabase();
  const store = await openTestStore(url);
  await query(record('before', 1));
  await query(record('after', 5));
  const { cursor } = await store.listChanges({ after: undefined, since: 0 });
  const ahead = cursor.replace(/\/.*/, '/999999999:999999999:');
  expect((await store.listChanges({ after: ahead, since: 5 })).revokedSessions).toEqual(['after']);
});

test('changes that came in a dump, from a server that had counted further, are not told again at each look', async () => {
  const { url, query } = await createTestDatabase();
  const store = await openTestStore(url);
  await query(`INSERT INTO changes (at, session_id, transaction_id) VALUES (1, 'restored', '999999999')`);
  const first = await store.listChanges({ after: undefined, since: 0 });
  expect(first.revokedSessions).toEqual(['restored']);
  await query(record('new'));
  const second = await store.listChanges({ after: first.cursor, since: 0 });
  expect(second.revokedSessions).toEqual(['new']);
  expect((await store.listChanges({ after: second.cursor, since: 0 })).revokedSessions).toEqual([]);
});

test('after a connection broke the next look begins again at the time: the server may have forgotten transactions', async () => {
  const { url, query } = await createTestDatabase();
  const store = await openTestStore(url, { poolSize: 1 });
  await query(record('before', 1));
  await query(record('after', 5));
  const { cursor } = await store.listChanges({ after: undefined, since: 0 });
  expect((await store.listChanges({ after: cursor, since: 5 })).revokedSessions).toEqual([]);
  await query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()',
  );
  await vi.waitFor(async () =>
    expect((await store.listChanges({ after: cursor, since: 5 })).revokedSessions).toEqual(['after']),
  );
});

test('whoever watches is woken by what another store does, and no more after it stops', async () => {
  const { url, query } = await createTestDatabase();
  const [watching, acting] = [await openTestStore(url), await openTestStore(url)];
  const [stopped, woken] = [vi.fn(), vi.fn()];
  const unwatch = watching.watchChanges(stopped);
  watching.watchChanges(woken);
  // Once for the connection.
  await vi.waitFor(() => expect(woken).toHaveBeenCalledTimes(1));
  unwatch();
  const user = {
    id: 'ada',
    userName: 'ada',
    passwordHash: 'hash',
    scope: '',
    createdAt: 0,
    disabledAt: null,
    quotaPerDay: null,
  };
  const entry = { at: 0, action: 'a', userId: null, sessionId: null, source: '', detail: null };
  await acting.addUser(user, entry);
  await query(
    `INSERT INTO sessions VALUES ('s', 'ada', 0, 0, 0, 9, 9, NULL, NULL, '', ''), ('t', 'ada', 0, 0, 0, 9, 9, NULL, NULL, '', '')`,
  );
  await acting.revokeUserSessions({ userId: 'ada', at: 1, reason: 'x', expiredBy: 0 }, entry);
  await vi.waitFor(() => expect(woken).toHaveBeenCalledTimes(2));
  expect(stopped).toHaveBeenCalledTimes(1);
});

test('the connection that listens is made again when it breaks, which wakes, and is told of once', async () => {
  const { url, query } = await createTestDatabase();
  const log = { level: 'info', debug: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const store = await openTestStore(url, { log });
  const woken = vi.fn();
  const unwatch = store.watchChanges(woken);
  onTestFinished(unwatch);
  await vi.waitFor(() => expect(woken).toHaveBeenCalledTimes(1));
  await query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`,
  );
  await vi.waitFor(() => expect(woken).toHaveBeenCalledTimes(2));
  await query(`NOTIFY latchkey_changes`);
  await vi.waitFor(() => expect(woken).toHaveBeenCalledTimes(3));
  expect(log.warn).toHaveBeenCalledTimes(1);
});
