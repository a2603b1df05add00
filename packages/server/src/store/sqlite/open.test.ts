import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { makeTempDirectory } from '../../../test/harness.js';
import type { Migration } from '../migrations/migration.js';
import { migrations } from '../migrations/migrations.js';
import { StoreUnusableError } from '../store.js';
import { dialect } from './dialect.js';
import { openSqliteStore } from './open.js';

async function makeData() {
  const directory = await makeTempDirectory();
  onTestFinished(() => rmSync(directory, { recursive: true }));
  chmodSync(directory, 0o755);
  const data = join(directory, 'a', 'data');
  return { data, file: join(data, 'latchkey.db') };
}

function open(data: string) {
  const store = openSqliteStore(data);
  onTestFinished(() => store.close().catch(() => undefined));
  return store;
}

const rightsOf = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** The error's message; fails where there is none or where it is no StoreUnusableError. */
function refusalOf(data: string): string {
  try {
    open(data);
  } catch (error) {
    expect(error).toBeInstanceOf(StoreUnusableError);
    return (error as Error).message;
  }
  throw new Error('It opened.');
}

test.skipIf(process.platform === 'win32')(
  'only the owner may read what it makes, whatever the umask says',
  async () => {
    const { data } = await makeData();
    const umask = process.umask(0);
    try {
      await open(data).ping();
    } finally {
      process.umask(umask);
    }
    expect(rightsOf(data)).toBe('700');
    const files = readdirSync(data).sort();
    expect(files).toEqual(['latchkey.db', 'latchkey.db-shm', 'latchkey.db-wal']);
    expect(files.map((file) => rightsOf(join(data, file)))).toEqual(['600', '600', '600']);
  },
);

test('a directory that is there is used as it is', async () => {
  const { data } = await makeData();
  mkdirSync(data, { recursive: true });
  chmodSync(data, 0o750);
  await open(data).ping();
  expect(rightsOf(data)).toBe('750');
});

test('a file of a newer version is refused, and not one byte of it changes', async () => {
  const { data, file } = await makeData();
  await open(data).close();
  const db = new DatabaseSync(file);
  db.exec('PRAGMA user_version = 99; PRAGMA wal_checkpoint(TRUNCATE)');
  db.close();
  const before = readFileSync(file);
  expect(refusalOf(data)).toBe(
    `${file} was written by a newer Latchkey (its schema is 99, this one knows ${migrations.length}); start the newer version.`,
  );
  expect(readFileSync(file).equals(before)).toBe(true);
});

test.each([
  ['with tables', 'CREATE TABLE notes (text TEXT)'],
  ['with tables and a version', 'CREATE TABLE notes (text TEXT); PRAGMA user_version = 1'],
  ['with the id of another program', 'PRAGMA application_id = 1'],
  ['with a log', 'PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT)'],
])('a database of something else is refused %s, and not one byte of it changes', async (_, made) => {
  const { data, file } = await makeData();
  mkdirSync(data, { recursive: true });
  const db = new DatabaseSync(file);
  db.exec(made);
  // A copy of the file while it is open: its log is not yet in it.
  const copy = join(data, 'copy');
  mkdirSync(copy);
  const files = readdirSync(data).filter((name) => name.startsWith('latchkey.db'));
  for (const name of files) copyFileSync(join(data, name), join(copy, name));
  db.close();
  const bytes = () =>
    ['latchkey.db', 'latchkey.db-wal'].map((name) => existsSync(join(copy, name)) && readFileSync(join(copy, name)));
  const before = bytes();
  expect(refusalOf(copy)).toBe(
    `${join(copy, 'latchkey.db')} is a database of something else; move it away, or name another directory with --data.`,
  );
  expect(bytes()).toEqual(before);
});

test('a file of the first version keeps everything, and hears of what had ended', async () => {
  const { data, file } = await makeData();
  mkdirSync(data, { recursive: true });
  const db = new DatabaseSync(file);
  for (const statement of (migrations[0] as Migration)(dialect)) db.exec(statement);
  db.exec(`
    INSERT INTO users VALUES ('u1', 'ada@example.com', 'hash', 'a b', 1, NULL), ('u2', 'bob@example.com', 'hash', '', 2, 9);
    INSERT INTO sessions VALUES ('s1', 'u1', 3, 10, 11, 100, 200, NULL, NULL, '::1', 'a browser');
    INSERT INTO sessions VALUES ('s2', 'u1', 0, 12, 12, 100, 200, 15, 'signed_out', '::1', '');
    INSERT INTO sessions VALUES ('s3', 'u2', 0, 12, 12, 100, 200, 16, 'user_disabled', '::1', '');
    INSERT INTO signing_keys VALUES ('k1', 'ES256', '{}', x'00ff', 5);
    INSERT INTO audit (at, action, source) VALUES (20, 'user.added', '');
    PRAGMA user_version = 1`);
  db.close();

  const store = open(data);
  const [ada, bob] = await store.listUsers({ after: '', limit: 10 });
  expect(ada).toEqual({
    id: 'u1',
    userName: 'ada@example.com',
    passwordHash: 'hash',
    scope: 'a b',
    createdAt: 1,
    disabledAt: null,
    quotaPerDay: null,
  });
  expect(bob).toMatchObject({ id: 'u2', disabledAt: 9 });
  const living = {
    id: 's1',
    userId: 'u1',
    generation: 3,
    createdAt: 10,
    rotatedAt: 11,
    idleExpiresAt: 100,
    expiresAt: 200,
    revokedAt: null,
    revokedReason: null,
    source: '::1',
    userAgent: 'a browser',
  };
  expect(await store.listSessions({ userId: 'u1', now: 99, limit: 10 })).toEqual([living]);
  expect(await store.findSession('s2')).toMatchObject({ revokedAt: 15, revokedReason: 'signed_out' });
  const { revokedSessions } = await store.listChanges({ after: undefined, since: 16 });
  expect(revokedSessions).toEqual(['s3']);
  const [key] = await store.listSigningKeys();
  expect(key).toMatchObject({ kid: 'k1', number: 1, createdAt: 5, signsFrom: 5, retiresAt: null });
  expect([...(key?.encryptedPrivateKey ?? [])]).toEqual([0, 255]);
  expect(await store.findLatestTime()).toBe(20);
  expect(await store.rotateSession({ id: 's1', generation: 3, now: 50, idleExpiresAt: 150 })).toBeDefined();
  await store.close();
  expect(await open(data).findUser('ada@example.com')).toEqual(ada);
});

test('a file that is no database is refused, and not one byte of it changes', async () => {
  const { data, file } = await makeData();
  mkdirSync(data, { recursive: true });
  writeFileSync(file, 'Dear diary, '.repeat(1000));
  expect(refusalOf(data)).toBe(
    `Cannot use ${file} (file is not a database); check that the path, its permissions and the disk are in order, or name another directory with --data.`,
  );
  expect(readFileSync(file, 'utf8')).toBe('Dear diary, '.repeat(1000));
});

test('a path that leads through a file is refused', async () => {
  const { data, file } = await makeData();
  mkdirSync(data, { recursive: true });
  writeFileSync(file, '');
  expect(refusalOf(file)).toContain(`Cannot use ${file}`);
});

test.skipIf(process.platform === 'win32')('without the right to write to the directory it is refused', async () => {
  const { data } = await makeData();
  mkdirSync(data, { recursive: true });
  const message = asOwnerWithoutPrivileges(data, 0o500, () => refusalOf(data));
  expect(message).toMatch(/^Cannot use .+latchkey\.db \(.*permission denied.*\); check that the path, its permissions/);
});

test.skipIf(process.platform === 'win32')('without the right to write to the file it is refused', async () => {
  const { data, file } = await makeData();
  mkdirSync(data, { recursive: true });
  writeFileSync(file, '');
  const message = asOwnerWithoutPrivileges(file, 0o400, () => refusalOf(data));
  expect(message).toMatch(/^Cannot use .+latchkey\.db \(.*readonly database.*\); check that the path, its permissions/);
});

/** Rights do not bind root: where root runs the tests, somebody else takes over the path and the turn. */
function asOwnerWithoutPrivileges<T>(path: string, rights: number, run: () => T): T {
  const isRoot = process.geteuid?.() === 0;
  const nobody = 65534;
  if (isRoot) chownSync(path, nobody, nobody);
  chmodSync(path, rights);
  try {
    if (isRoot) process.seteuid?.(nobody);
    return run();
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(path, 0o700);
  }
}

test('after it was closed the file alone holds everything', async () => {
  const { data, file } = await makeData();
  const store = open(data);
  const user = {
    id: 'ada',
    userName: 'ada@example.com',
    passwordHash: '',
    scope: '',
    createdAt: 0,
    disabledAt: null,
    quotaPerDay: null,
  };
  const entry = { at: 0, action: 'user.added', userId: null, sessionId: null, source: '', detail: null };
  await store.addUser(user, entry);
  await store.close();
  const copy = join(data, 'copy');
  mkdirSync(copy);
  copyFileSync(file, join(copy, 'latchkey.db'));
  expect(await open(copy).findUser('ada@example.com')).toEqual(user);
});

const opener = `
  import { createInterface } from 'node:readline';
  import { runnerImport } from 'vite';
  const [source, userName] = process.argv.slice(1);
  const { openSqliteStore } = (await runnerImport(source)).module;
  const user = { id: userName, userName, passwordHash: '', scope: '', createdAt: 0, disabledAt: null, quotaPerDay: null };
  const entry = { at: 0, action: 'user.added', userId: null, sessionId: null, source: '', detail: null };
  console.log('ready');
  for await (const data of createInterface(process.stdin)) {
    const store = openSqliteStore(data);
    console.log(await store.addUser(user, entry));
    await store.close();
  }
`;

/** Another process, which opens each store that it is told, and adds a user to it. Resolves when it is ready. */
async function startOpener(userName: string) {
  const source = join(import.meta.dirname, 'open.ts');
  const child = spawn(process.execPath, ['--input-type=module', '-e', opener, source, userName], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  await answers.next();
  return async (data: string) => {
    child.stdin.write(`${data}\n`);
    return (await answers.next()).value;
  };
}

test('processes that open a new store at once agree on one', async () => {
  const { data } = await makeData();
  const names = ['ada@example.com', 'bob@example.com', 'cyd@example.com'];
  const openers = await Promise.all(names.map(startOpener));
  // Many times over: they shall meet at every step of the way.
  for (let round = 0; round < 10; round++) {
    const place = join(data, String(round));
    expect(await Promise.all(openers.map((open) => open(place)))).toEqual(['added', 'added', 'added']);
    const users = await open(place).listUsers({ after: '', limit: 10 });
    expect(users.map(({ userName }) => userName)).toEqual(names);
  }
});

test.each([
  ['of a new store', false],
  ['of a store that was used before', true],
])('a lock %s that is held while it opens is waited for', async (_, wasUsed) => {
  const { data, file } = await makeData();
  if (wasUsed) await open(data).close();
  else mkdirSync(data, { recursive: true });
  const script = `
    import { DatabaseSync } from '@photostructure/sqlite';
    const db = new DatabaseSync(process.argv[1]);
    db.exec('BEGIN IMMEDIATE');
    console.log('locked');
    setTimeout(() => db.exec('COMMIT'), 300);
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, file], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  await open(data).ping();
});
