import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openPostgresDestination } from '../../src/store/postgres/transfer.js';
import { backupSqliteStore } from '../../src/store/sqlite/backup.js';
import { openSqliteStore } from '../../src/store/sqlite/open.js';
import { openSqliteSource } from '../../src/store/sqlite/transfer.js';
import type { Store } from '../../src/store/store.js';
import { refuseHalfMigrated } from '../../src/store/transfer/marker.js';
import { tables } from '../../src/store/transfer/tables.js';
import { transfer } from '../../src/store/transfer/transfer.js';
import { startTestServer } from '../harness.js';
import { createTestDatabase, openTestStore, type TestDatabase } from '../postgres/database.js';
import { openShell } from '../shell.js';
import { makeDirectory, run, start } from './process.js';

const secret = 'a secret of the tests, long enough to be one';

/** A store of three users and so many sessions of one of them, every third of which has ended. */
async function makeStore(
  sessions: number,
  key = `INSERT INTO signing_keys VALUES ('k1', 'ES256', '{"kty":"EC"}', x'005c22ff7b', 5, 1, 5, NULL);`,
): Promise<string> {
  const data = makeDirectory();
  await openSqliteStore(data).close();
  const db = new DatabaseSync(join(data, 'latchkey.db'));
  const numbers = `WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${sessions})`;
  db.exec(`
    INSERT INTO users VALUES ('u1', 'ada@example.com', 'hash', 'a', 1, NULL, 7), ('u2', 'ünï@example.com', '"{,\\', '', 2, 9, -1),
      ('u3', 'cyd@example.com', 'NULL', '', 3, NULL, NULL);
    ${numbers} INSERT INTO sessions SELECT printf('%08d', n), 'u1', n, 1, 1, 9, 9, iif(n % 3, NULL, n), iif(n % 3, NULL, 'x'), '', 'é "b"' FROM numbers;
    INSERT INTO changes (at, session_id) SELECT revoked_at, id FROM sessions WHERE revoked_at IS NOT NULL;
    ${key}
    ${numbers} INSERT INTO usage SELECT printf('u%d', n % 3), n / 50 * 3600000, printf('"é" %d', n), n, 1, 2, 3 FROM numbers WHERE n <= 500;
    INSERT INTO audit (at, action, source) VALUES (1, 'a', ''), (2, 'b', ''), (3, 'c', '');
    DELETE FROM audit WHERE at = 1`);
  db.close();
  return data;
}

function countIn(data: string): Record<string, number> {
  const db = new DatabaseSync(join(data, 'latchkey.db'), { readOnly: true });
  const count = (name: string) => Number(db.prepare(`SELECT count(*) AS n FROM ${name}`).get()?.n);
  const counts = Object.fromEntries(tables.map(({ name }) => [name, count(name)]));
  db.close();
  return counts;
}

async function countsOf(database: TestDatabase): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name } of tables) {
    counts[name] = Number((await database.query(`SELECT count(*) AS n FROM ${name}`))[0]?.n);
  }
  return counts;
}

async function copy(data: string, { url }: TestDatabase, onProgress = () => {}) {
  const source = openSqliteSource(join(data, 'latchkey.db'));
  const destination = await openPostgresDestination({ url, timeout: 5_000 });
  try {
    return await transfer(source, destination, { onProgress });
  } finally {
    source.close();
    await destination.close();
  }
}

test('people go on where they were: old tokens work on the database, and what had ended stays so', async () => {
  const before = await startTestServer({ data: makeDirectory() });
  const names = ['ada@example.com', 'bob@example.com', 'cyd@example.com'];
  for (const name of names) await before.addUser(name, 'companies:read');
  const [ada, bob] = [await before.signIn('ada@example.com'), await before.signIn('bob@example.com')];
  await before.ask('mutation { signOut { sessionsEnded } }', { token: bob.accessToken });
  await before.stop();

  const database = await createTestDatabase();
  const { code, stdout, stderr } = await openShell(before.data)([
    'migrate',
    '--from',
    `sqlite:${before.data}`,
    '--to',
    database.url,
  ]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Copied 3 users, 2 sessions, 1 signing key and');
  expect(stdout).toContain('LATCHKEY_SECRET');

  const after = await startTestServer({
    data: makeDirectory(),
    database: database.url,
    secret: readFileSync(join(before.data, 'secret'), 'utf8').trim(),
    port: Number(new URL(before.url).port),
  });
  onTestFinished(() => after.stop());
  const viewer = await after.ask('{ viewer { userName } }', { token: ada.accessToken });
  expect(viewer.body.data.viewer.userName).toBe('ada@example.com');
  const ended = await after.ask('{ viewer { userName } }', { token: bob.accessToken });
  expect(ended.body.errors[0].extensions.code).toBe('TOKEN_REVOKED');
  expect((await after.refresh(bob.refreshToken)).body.errors).toBeDefined();
  expect((await after.refresh(ada.refreshToken)).body.errors).toBeUndefined();
  for (const name of names) expect((await after.signIn(name)).accessToken).toBeDefined();
});

test('every row comes over as it was, and the database counts on above what was copied', async () => {
  const data = await makeStore(20);
  const database = await createTestDatabase();
  expect(await copy(data, database)).toEqual(countIn(data));
  expect(await countsOf(database)).toEqual(countIn(data));
  const [from, to] = [openSqliteStore(data), await openTestStore(database.url)];
  onTestFinished(() => from.close());
  const page = { after: '', limit: 10 };
  expect(await to.listUsers(page)).toEqual(await from.listUsers(page));
  for (const id of ['00000001', '00000003', '00000020']) {
    expect(await to.findSession(id)).toEqual(await from.findSession(id));
  }
  for (const userId of ['u0', 'u1', 'u2']) {
    const period = { userId, from: 0, to: 9_999_999_999, limit: 100 };
    expect((await from.sumUsage(period)).operations.length).toBeGreaterThan(5);
    expect(await to.sumUsage(period)).toEqual(await from.sumUsage(period));
  }
  const keysOf = async (store: Store) =>
    (await store.listSigningKeys()).map((key) => ({ ...key, encryptedPrivateKey: [...key.encryptedPrivateKey] }));
  expect(await keysOf(to)).toEqual(await keysOf(from));
  const changes = { after: undefined, since: 5 };
  const { revokedSessions } = await to.listChanges(changes);
  expect(revokedSessions.toSorted()).toEqual([...(await from.listChanges(changes)).revokedSessions].toSorted());
  await to.enableUser('u2', { at: 4, action: 'd', userId: 'u2', sessionId: null, source: '', detail: null });
  const audit = await database.query('SELECT id, action FROM audit ORDER BY id');
  expect(audit).toEqual([
    { id: '2', action: 'b' },
    { id: '3', action: 'c' },
    { id: '4', action: 'd' },
  ]);
  await expect(refuseHalfMigrated(to)).resolves.toBeUndefined();
});

test('killed halfway, nobody may serve on the half, and the same command goes on where it was', async () => {
  const data = await makeStore(60_000, '');
  const database = await createTestDatabase();
  const argv = ['migrate', '--from', `sqlite:${data}`];
  const env = { LATCHKEY_SECRET: secret, LATCHKEY_DATABASE: database.url };
  const first = start(argv, { data, env });
  await vi.waitFor(async () => expect(await database.query('SELECT 1 FROM sessions LIMIT 1')).toHaveLength(1), {
    timeout: 15_000,
    interval: 2,
  });
  first.child.kill('SIGKILL');
  await first.exit;
  // The server notices a moment later that nobody is there any more.
  const locks = `SELECT 1 FROM pg_locks JOIN pg_database ON oid = database WHERE locktype = 'advisory' AND datname = $1`;
  await vi.waitFor(async () => expect(await database.query(locks, database.name)).toEqual([]));
  const [half] = await database.query('SELECT count(*)::INT AS n, min(xmin::TEXT::BIGINT) AS first FROM sessions');
  expect(half?.n).toBeLessThan(60_000);
  const store = await openTestStore(database.url);
  await expect(refuseHalfMigrated(store)).rejects.toThrow(/^The database holds only a part of sqlite:.+run the same/);

  const { code, stderr, stdout } = await run(argv, { data, env });
  // On a slow machine it takes long enough to show its progress.
  expect({ code, stderr: stderr.replace(/^Copying: \d+ %\n/gm, '') }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Copied 3 users, 60000 sessions');
  expect((await database.query(`SELECT min(xmin::TEXT::BIGINT) AS first FROM sessions`))[0]?.first).toBe(half?.first);
  await expect(refuseHalfMigrated(store)).resolves.toBeUndefined();
});

test('interrupted, it says how to go on', async () => {
  const data = await makeStore(6_000);
  const { url } = await createTestDatabase();
  const source = openSqliteSource(join(data, 'latchkey.db'));
  const destination = await openPostgresDestination({ url, timeout: 5_000 });
  const controller = new AbortController();
  const { signal } = controller;
  const rows: number[] = [];
  const onProgress = ({ done }: { done: number }) => {
    rows.push(done);
    if (done > 3) controller.abort();
  };
  await expect(transfer(source, destination, { signal, onProgress })).rejects.toThrow(
    'Interrupted. Run the same command again, and it goes on where it was.',
  );
  await transfer(source, destination, { onProgress: ({ done }) => void rows.push(done) });
  // The users and the first sessions are there already, and are not copied again.
  expect(rows.slice(0, 3)).toEqual([3, 5_003, 6_003]);
  source.close();
  await destination.close();
});

test('what changes while it is copied is noticed, and the next run copies all of it', async () => {
  const data = await makeStore(10);
  const database = await createTestDatabase();
  const server = openSqliteStore(data);
  onTestFinished(() => server.close());
  const audit = { at: 4, action: 'x', userId: null, sessionId: null, source: '', detail: null };
  let ended: Promise<unknown> | undefined;
  const changing = copy(data, database, () => {
    ended ??= server.revokeSession({ id: '00000001', userId: 'u1', at: 5, reason: 'y' }, audit);
  });
  await expect(changing).rejects.toThrow(/^The store changed while it was copied.+run the same command again\.$/);
  await ended;
  const store = await openTestStore(database.url);
  await expect(refuseHalfMigrated(store)).rejects.toThrow();
  expect(await copy(data, database)).toEqual(countIn(data));
  expect(await store.findSession('00000001')).toMatchObject({ revokedAt: 5, revokedReason: 'y' });
});

test('a database that is not empty, or that holds the half of another store, is left as it is', async () => {
  const [data, other] = [await makeStore(3), await makeStore(3)];
  const used = await createTestDatabase();
  await copy(data, used);
  const before = await countsOf(used);
  await expect(copy(other, used)).rejects.toThrow('The database to migrate to is not empty');
  expect(await countsOf(used)).toEqual(before);

  const half = await createTestDatabase();
  const failing = copy(data, half, () => {
    throw new Error('cut off');
  });
  await expect(failing).rejects.toThrow('cut off');
  await expect(copy(other, half)).rejects.toThrow(/^The database holds the half of a migration from sqlite:/);
  expect(await copy(data, half)).toEqual(countIn(data));
});

test('a secret that does not fit is told of, and nothing secret is printed', async () => {
  const server = await startTestServer({ data: makeDirectory() });
  await server.stop();
  const { url } = await createTestDatabase();
  const { code, stderr, stdout } = await run(['migrate', '--to', url], {
    data: server.data,
    env: { LATCHKEY_SECRET: secret },
  });
  expect(code).toBe(1);
  expect(stderr).toContain('The secret does not fit the data');
  expect(stderr + stdout).not.toContain(secret);
  expect(stderr + stdout).not.toContain(new URL(url).password);
});

test.each([
  [
    ['--from', 'postgres://ada:hunter2@db/x', '--to', 'postgres://db/x'],
    2,
    '--from is "postgres:…"; write --from sqlite:DIRECTORY.',
  ],
  [['--to', 'mysql://ada:hunter2@db/x'], 2, '--to must be a URL that begins with postgres://.'],
  [[], 2, 'Say where to: --to postgres://…, or LATCHKEY_DATABASE.'],
  [
    ['--from', 'sqlite:/nowhere/at/all', '--to', 'postgres://db/x'],
    1,
    'There is no store in /nowhere/at/all; name its directory with --from sqlite:DIRECTORY.',
  ],
] as const)('wrong usage is one line: %j', async (flags, code, line) => {
  expect(await openShell()(['migrate', ...flags])).toEqual({ code, stdout: '', stderr: `latchkey: ${line}\n` });
});

test('without the secret beside the store it says so before it copies', async () => {
  const data = await makeStore(1);
  const { url, query } = await createTestDatabase();
  const { code, stderr } = await openShell(data)(['migrate', '--to', url]);
  expect(code).toBe(2);
  expect(stderr).toBe(
    `latchkey: There is no secret beside the store in ${data}; set LATCHKEY_SECRET to the one it has.\n`,
  );
  expect(await query(`SELECT 1 FROM pg_tables WHERE schemaname = 'public'`)).toEqual([]);
});

test('what a node has written since the tables were found empty keeps the copying from beginning', async () => {
  const data = await makeStore(3);
  const database = await createTestDatabase();
  const source = openSqliteSource(join(data, 'latchkey.db'));
  const destination = await openPostgresDestination({ url: database.url, timeout: 5_000 });
  onTestFinished(() => destination.close());
  // It has begun to write, and nobody sees it yet.
  const node = await database.connect();
  await node.query('BEGIN');
  await node.query(`INSERT INTO agreements VALUES ('issuer', 'http://localhost')`);
  const copying = transfer(source, destination, { onProgress: () => undefined });
  copying.catch(() => undefined);
  const waits = `SELECT 1 FROM pg_locks JOIN pg_database ON oid = database WHERE NOT granted AND datname = $1`;
  await vi.waitFor(async () => expect(await database.query(waits, database.name)).toHaveLength(1));
  await node.query('COMMIT');
  await expect(copying).rejects.toThrow('The database to migrate to is not empty');
  source.close();
  expect(await countsOf(database)).toMatchObject({ users: 0, sessions: 0, agreements: 1 });
  expect(await database.query(`SELECT 1 FROM pg_constraint WHERE conname = 'sessions_user_id_fkey'`)).toHaveLength(1);
  await expect(refuseHalfMigrated(await openTestStore(database.url))).resolves.toBeUndefined();
});

test('a session without its user is named as what is wrong with the store', async () => {
  const data = await makeStore(3);
  const db = new DatabaseSync(join(data, 'latchkey.db'));
  db.exec(`PRAGMA foreign_keys = OFF; DELETE FROM users WHERE id = 'u1'`);
  db.close();
  await expect(copy(data, await createTestDatabase())).rejects.toThrow(
    /violates foreign key constraint .+; the store to copy from refers to something that it does not hold: /,
  );
});

test('the foreign key stays where the copying cannot be marked as begun', async () => {
  const database = await createTestDatabase();
  const destination = await openPostgresDestination({ url: database.url, timeout: 5_000 });
  onTestFinished(() => destination.close());
  await database.query(`ALTER TABLE agreements ADD CONSTRAINT nothing CHECK (name = '')`);
  await expect(destination.setMarker({ source: 'sqlite:a', fingerprint: 'b' })).rejects.toThrow('nothing');
  expect(await database.query(`SELECT 1 FROM pg_constraint WHERE conname = 'sessions_user_id_fkey'`)).toHaveLength(1);
});

test('a backup that is copied stays as it is', async () => {
  const data = await makeStore(3);
  const file = join(makeDirectory(), 'monday.db');
  await backupSqliteStore({ directory: data, file, onProgress: () => undefined });
  const before = readFileSync(file);
  const source = openSqliteSource(file);
  expect(source.fingerprintNow()).toBe(source.fingerprint);
  source.close();
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(dirname(file))).toEqual(['monday.db']);
});
