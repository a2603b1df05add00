import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { type FileDatabase, makeDatabase } from '../nodes/database.js';
import { newSecret } from '../nodes/nodes.js';
import { signIn } from './ask.js';
import { makeDirectory, run, type StartOptions, serve } from './process.js';

const secret = newSecret();

/** What a URL of the tests has as its password, as it is written there and as it is meant. */
const passwords = /password%20of|password of the tests|hunter2/;

/** Starts the program, which must end with the code and one line on standard error. Returns that line. */
async function refusalOf(options: StartOptions, code: number): Promise<string> {
  const ended = await run(['serve', '--port', '0'], options);
  expect(ended.stdout).toBe('');
  expect(ended.stderr).toMatch(/^latchkey: [^\n]+\n$/);
  expect(ended.stderr).not.toMatch(passwords);
  expect(ended.code).toBe(code);
  return ended.stderr.slice('latchkey: '.length, -1);
}

const refuseDatabase = (url: string, code: number, env: NodeJS.ProcessEnv = {}) =>
  refusalOf({ env: { LATCHKEY_DATABASE: url, LATCHKEY_SECRET: secret, ...env } }, code);

describe('a database that cannot be reached or used ends the start with one line, and nothing is changed:', () => {
  const change = (parts: Partial<URL>) => Object.assign(new URL(inject('postgres')), parts).href;
  const none = 'postgres://ada:hunter2@127.0.0.1:1/latchkey';

  test.each([
    ['what is no URL', () => 'postgres//ada:hunter2@db', 2, /^LATCHKEY_DATABASE cannot be used: .*a URL such as/],
    ['a URL of something else', () => 'mysql://ada:hunter2@db/x', 2, /^LATCHKEY_DATABASE cannot be used: .*a URL/],
    ['a password that is not escaped', () => 'postgres://ada:hunter2%@db/x', 1, /cannot be read; write it as postgres/],
    ['a host that is not there', () => 'postgres://a:hunter2@nowhere.invalid/x', 1, /check the host in the URL/],
    [
      'a port where nobody listens',
      () => none,
      1,
      /^Cannot use the database 127.0.0.1:1\/latchkey .*check that it runs/,
    ],
    ['a wrong password', () => change({ password: 'hunter2' }), 1, /check the user and the password in the URL/],
    [
      'a database that is not there',
      () => change({ pathname: '/none' }),
      1,
      /"none" does not exist\); make it with CREATE/,
    ],
  ])('%s', async (_, url, code, line) => {
    expect(await refuseDatabase(url(), code)).toMatch(line);
  });

  test('no secret, and one that is too short', async () => {
    expect(await refuseDatabase(none, 2, { LATCHKEY_SECRET: undefined })).toMatch(
      /^A database needs LATCHKEY_SECRET, the same on every node: openssl rand/,
    );
    expect(await refuseDatabase(none, 2, { LATCHKEY_SECRET: 'hunter2' })).toMatch(/at least 32 characters/);
  });
});

describe('a database with something in it that does not fit is left as it is:', () => {
  let database: FileDatabase;
  let user: { userName: string; password: string };

  beforeAll(async () => {
    database = await makeDatabase();
    const env = { LATCHKEY_DATABASE: database.url, LATCHKEY_SECRET: secret };
    const { stdout } = await run(['user', 'add', 'ada@example.com', '--generate', '--json'], { env });
    user = JSON.parse(stdout);
  });

  /** Everything that is in it. */
  async function contentOf({ query }: FileDatabase): Promise<unknown> {
    const tables = await query(`SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace`);
    const rows = await query(
      `SELECT table_name AS name, query_to_xml('SELECT * FROM ' || table_name, true, false, '')::TEXT AS rows
       FROM information_schema.tables WHERE table_schema = 'public' ORDER BY table_name`,
    );
    return { tables, rows };
  }

  test('another secret than that of the data', async () => {
    const before = await contentOf(database);
    expect(await refuseDatabase(database.url, 1, { LATCHKEY_SECRET: newSecret() })).toMatch(/secret does not fit/);
    expect(await contentOf(database)).toEqual(before);
  });

  test('a schema newer than the program', async () => {
    await database.query('UPDATE latchkey_schema SET version = version + 90');
    const before = await contentOf(database);
    try {
      expect(await refuseDatabase(database.url, 1)).toMatch(
        /was written by a newer Latchkey .*start the newer version/,
      );
      expect(await contentOf(database)).toEqual(before);
    } finally {
      await database.query('UPDATE latchkey_schema SET version = version - 90');
    }
  });

  test('tables of something else', async () => {
    const other = await makeDatabase();
    await other.query('CREATE TABLE invoices (id INTEGER)');
    const before = await contentOf(other);
    expect(await refuseDatabase(other.url, 1)).toMatch(/is used by something else \(it has a table invoices\)/);
    expect(await contentOf(other)).toEqual(before);
  });

  test('and a URL that is given as an argument is in no list of processes, no log and no metric', async () => {
    const node = await serve(['--database', database.url, '--log-level', 'debug'], {
      env: { LATCHKEY_SECRET: secret },
    });
    await signIn(node.url, user);
    const metrics = await (await fetch(new URL('/metrics', node.url))).text();
    expect(metrics).toContain('latchkey_');
    const command = () => readFileSync(`/proc/${node.child.pid}/cmdline`, 'latin1');
    if (existsSync('/proc')) await vi.waitFor(() => expect(command()).toMatch(/^latchkey\0*$/));
    expect(await node.stop()).toBe(0);
    expect(metrics + node.stdout() + node.stderr()).not.toMatch(passwords);
  });
});

describe('a data directory that cannot be used ends the start with one line, and nothing is changed:', () => {
  const refuseData = (data: string, env: NodeJS.ProcessEnv = {}) => refusalOf({ data, env }, 1);

  /** Names and contents, without what SQLite lays beside a file that it opens. */
  const contentOf = (directory: string) =>
    readdirSync(directory)
      .map((name) => ({ name, bytes: readFileSync(join(directory, name)) }))
      .filter(({ name, bytes }) => !name.endsWith('-shm') && !(name.endsWith('-wal') && bytes.length === 0))
      .map(({ name, bytes }) => `${name} ${createHash('sha256').update(bytes).digest('hex')}`);

  /** A directory with `latchkey.db` of another program in it. */
  function makeForeign(content?: string): string {
    const data = makeDirectory();
    const file = join(data, 'latchkey.db');
    if (content !== undefined) {
      writeFileSync(file, content);
      return data;
    }
    const db = new DatabaseSync(file);
    db.exec('CREATE TABLE invoices (id INTEGER)');
    db.close();
    return data;
  }

  test.each([
    ['a database of another program', () => makeForeign(), /is a database of something else; move it away, or name/],
    [
      'a file that is no database',
      () => makeForeign('Dear diary\n'.repeat(100)),
      /file is not a database\); check that/,
    ],
  ])('%s', async (_, make, line) => {
    const data = make();
    const before = contentOf(data);
    expect(await refuseData(data)).toMatch(line);
    expect(contentOf(data)).toEqual(before);
  });

  test('a path that is a file', async () => {
    const data = makeForeign('x');
    expect(await refuseData(join(data, 'latchkey.db'))).toMatch(/^Cannot use .*latchkey\.db .*check that the path/);
    expect(contentOf(data)).toHaveLength(1);
  });

  test('a directory that may not be written', async () => {
    // Root may write everywhere but where the kernel decides.
    let data = '/sys/latchkey';
    if (process.geteuid?.() !== 0) {
      data = makeDirectory();
      chmodSync(data, 0o500);
    }
    expect(await refuseData(data)).toMatch(/^Cannot use .*latchkey\.db .*check that the path, its permissions/);
  });

  test('the secret of another installation, none, and a schema newer than the program', async () => {
    const data = join(makeDirectory(), 'data');
    mkdirSync(data, { mode: 0o700 });
    await run(['user', 'list'], { data });
    const before = contentOf(data);
    expect(await refuseData(data, { LATCHKEY_SECRET: newSecret() })).toMatch(/secret does not fit/);
    expect(contentOf(data)).toEqual(before);
    renameSync(join(data, 'secret'), join(data, 'secret.away'));
    expect(await refuseData(data)).toMatch(/^The secret of the data in .* is missing; put back the file/);
    renameSync(join(data, 'secret.away'), join(data, 'secret'));
    expect(contentOf(data)).toEqual(before);
    const db = new DatabaseSync(join(data, 'latchkey.db'));
    db.exec('PRAGMA user_version = 99');
    db.close();
    const newer = contentOf(data);
    expect(await refuseData(data)).toMatch(/was written by a newer Latchkey .*start the newer version/);
    expect(contentOf(data)).toEqual(newer);
  });
});
