import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createTestDatabase, openTestStore, startOwnPostgres } from '../../../test/postgres/database.js';
import { migrations } from '../migrations/migrations.js';
import { StoreUnavailableError, StoreUnusableError } from '../store.js';
import type { PostgresSettings } from './open.js';

/** The error's message; fails where there is none or where it is no StoreUnusableError. */
async function refusalOf(url: string, settings: Partial<PostgresSettings> = {}): Promise<string> {
  const error = await openTestStore(url, settings).then(
    () => new Error('It opened.'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(StoreUnusableError);
  expect(error.message).not.toContain('\n');
  return error.message;
}

const change = (url: string, parts: Partial<URL>) => Object.assign(new URL(url), parts).href;

test('where nobody listens the line says what to check', async () => {
  expect(await refusalOf('postgres://ada:secret@127.0.0.1:1/latchkey')).toBe(
    'Cannot use the database 127.0.0.1:1/latchkey (connect ECONNREFUSED 127.0.0.1:1); check that it runs, and that the URL names the right host and port.',
  );
});

test('a host that does not exist, and a URL that cannot be read, are refused without the password', async () => {
  const unknown = await refusalOf('postgres://ada:secret@nowhere.invalid/latchkey', { tls: 'disable' });
  expect(unknown).toMatch(/^Cannot use the database nowhere\.invalid:5432\/latchkey \(.+\); check the host in the URL/);
  const unreadable = await refusalOf('postgres://ada:secret%@127.0.0.1/latchkey');
  expect(unreadable).toMatch(/^The URL of the database cannot be read; write it as postgres:\/\//);
  expect(unknown + unreadable).not.toContain('secret');
});

test.each(['12/34', '12#34'])(
  'a password that is not written as it has to be, %s, is no port and no database',
  async (password) => {
    const message = await refusalOf(`postgres://ada:${password}@127.0.0.1/latchkey`);
    expect(message).toMatch(/^The URL of the database cannot be read;/);
    expect(message).not.toContain('34');
  },
);

test('a wrong password is refused without repeating it', async () => {
  const { url } = await createTestDatabase();
  const message = await refusalOf(change(url, { password: 'hunter2' }));
  expect(message).toMatch(/\(password authentication failed for user "postgres"\); check the user and the password/);
  expect(message).not.toContain('hunter2');
});

test('a database that does not exist is to be made', async () => {
  const { url } = await createTestDatabase();
  const message = await refusalOf(change(url, { pathname: '/nothing' }));
  expect(message).toMatch(/\(database "nothing" does not exist\); make it with CREATE DATABASE, or name another/);
});

test('a database of something else is refused and stays as it is', async () => {
  const { url, query } = await createTestDatabase();
  await query('CREATE TABLE invoices (id INTEGER)');
  const message = await refusalOf(url);
  expect(message).toMatch(/is used by something else \(it has a table invoices\); make one for Latchkey alone/);
  const tables = await query(`SELECT tablename FROM pg_tables WHERE schemaname = 'public'`);
  expect(tables).toEqual([{ tablename: 'invoices' }]);
});

test('a schema that is newer than the program is refused', async () => {
  const { url, query } = await createTestDatabase();
  await (await openTestStore(url)).close();
  await query('UPDATE latchkey_schema SET version = 99');
  expect(await refusalOf(url)).toMatch(
    new RegExp(
      `was written by a newer Latchkey \\(its schema is 99, this one knows ${migrations.length}\\); start the newer version\\.$`,
    ),
  );
});

test('a user who may not create tables is refused, and may use what the owner has made', async () => {
  const { url, name, query } = await createTestDatabase();
  const role = `reader_${name}`;
  await query(`CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
  onTestFinished(async () => {
    await query(`DROP OWNED BY ${role}`);
    await query(`DROP ROLE ${role}`);
  });
  const own = change(url, { username: role, password: 'pw' });
  expect(await refusalOf(own)).toMatch(/\(permission denied for schema public\); give the user the right to create/);
  await (await openTestStore(url)).close();
  await query(`GRANT SELECT ON ALL TABLES IN SCHEMA public TO ${role}`);
  const store = await openTestStore(own);
  // It could only read.
  await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
  await query(`GRANT INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${role}`);
  await vi.waitFor(() => store.ping(), { timeout: 3_000 });
});

test('a database that only reads is refused', async () => {
  const { url, name, query } = await createTestDatabase();
  await query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
  expect(await refusalOf(url)).toMatch(/\(the database is set to read only\); name the primary in the URL\.$/);
});

test('of nodes that open an empty database at once, one makes the schema and all can use it', async () => {
  const { url, query } = await createTestDatabase();
  const stores = await Promise.all(Array.from({ length: 5 }, () => openTestStore(url, { poolSize: 1 })));
  for (const store of stores) await store.ping();
  expect(await query('SELECT version FROM latchkey_schema')).toEqual([{ version: migrations.length }]);
});

test('the tables lie in the first schema of the search_path, and those of an extension elsewhere do no harm', async () => {
  const { url, name, query } = await createTestDatabase();
  await query('CREATE SCHEMA own');
  await query('CREATE TABLE public.invoices (id INTEGER)');
  await query(`ALTER DATABASE ${name} SET search_path = own, public`);
  await (await openTestStore(url)).ping();
  const tables = await query(`SELECT 1 FROM pg_tables WHERE schemaname = 'own' AND tablename = 'sessions'`);
  expect(tables).toHaveLength(1);
});

test('a refresh touches no index: the new row lies in the page of the old one', async () => {
  const { url, query } = await createTestDatabase();
  const store = await openTestStore(url);
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
  await store.addUser(user, entry);
  const times = { createdAt: 0, rotatedAt: 0, idleExpiresAt: 1_000, expiresAt: 1_000, revokedAt: null };
  const about = { revokedReason: null, source: '', userAgent: '' };
  const admission = { passwordHash: 'hash', limit: 100, endAtMost: 9, reason: 'x', endedAudit: entry };
  await store.addSession({ id: 's', userId: 'ada', generation: 0, ...times, ...about }, admission, entry);
  for (let generation = 0; generation < 20; generation++) {
    expect(await store.rotateSession({ id: 's', generation, now: 1, idleExpiresAt: 1_000 })).toBeDefined();
  }
  await store.close();
  // A connection tells what it did when it ends, some time after its goodbye.
  await expect
    .poll(() =>
      query(
        `SELECT n_tup_upd::INTEGER AS all, n_tup_hot_upd::INTEGER AS hot FROM pg_stat_user_tables WHERE relname = 'sessions'`,
      ),
    )
    .toEqual([{ all: 20, hot: 20 }]);
});

/** A certificate for the address 127.0.0.1, signed by an authority of its own. */
function makeCertificates() {
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-tls-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = (name: string) => join(directory, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: directory, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=authority');
  const names = ['-subj', '/CN=database', '-addext', 'subjectAltName=IP:127.0.0.1'];
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key'];
  openssl('req', '-x509', ...key, ...names, ...signed, '-keyout', 'server.key', '-out', 'server.crt');
  const read = (name: string) => readFileSync(file(name), 'utf8');
  return { caFile: file('ca.crt'), files: { 'server.key': read('server.key'), 'server.crt': read('server.crt') } };
}

test('TLS is used as it is asked for, and a certificate that cannot be checked is refused', async () => {
  const { caFile, files } = makeCertificates();
  const { url } = await startOwnPostgres({
    settings: { ssl: 'on' },
    files,
    access: 'hostssl all all all scram-sha-256\n',
  });

  expect(await refusalOf(url)).toMatch(/no pg_hba\.conf entry for host .+, no encryption/);
  expect(await refusalOf(url, { tls: 'verify-full' })).toMatch(/; name the authority .+ with --database-ca/);
  expect(await refusalOf(`${url}?sslmode=verify-ca`)).toMatch(/; name the authority .+ with --database-ca/);
  await (await openTestStore(url, { tls: 'require' })).ping();
  await (await openTestStore(`${url}?sslmode=prefer`)).ping();
  await (await openTestStore(url, { tls: 'verify-full', caFile })).ping();
  await (await openTestStore(`${url}?sslmode=verify-full&sslrootcert=${caFile}`)).ping();
  // The setting wins.
  expect(await refusalOf(`${url}?sslmode=require`, { tls: 'disable' })).toMatch(/no encryption/);
});

test('a server without TLS is refused where it is asked for, which is the default for another machine', async () => {
  const { url } = await createTestDatabase();
  const message =
    /\(The server does not support SSL connections\); turn on TLS in the server, or give --database-tls disable/;
  expect(await refusalOf(url, { tls: 'require' })).toMatch(message);
  expect(await refusalOf(`${url}?sslmode=prefer`)).toMatch(message);
  expect(await refusalOf(`${url}?sslmode=never`)).toMatch(/sslmode=never; write disable, require or verify-full/);
  expect(await refusalOf(url, { tls: 'require', caFile: '/nowhere.pem' })).toMatch(/^Cannot read \/nowhere\.pem/);
});
