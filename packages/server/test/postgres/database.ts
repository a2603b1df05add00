import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import { openPostgresStore, type PostgresSettings } from '../../src/store/postgres/open.js';
import type { Store } from '../../src/store/store.js';
import { type PostgresOptions, type PostgresServer, startPostgres } from './server.js';

export interface TestDatabase {
  readonly url: string;
  readonly name: string;
  /** Runs a statement on a connection that the store knows nothing of. */
  query(sql: string, ...values: unknown[]): Promise<Record<string, unknown>[]>;
  /** A further connection, for a transaction that stays open. */
  connect(): Promise<pg.Client>;
}

/** Makes an empty database on the server that all tests share, and removes it after the test. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const { url, name, client } = await createDatabase();
  onTestFinished(async () => {
    await client.end();
    // Nobody waits for it: the server goes in any case.
    administrate('remove', `DROP DATABASE ${name} WITH (FORCE)`).catch(() => undefined);
  });
  return present(url, name, client);
}

/** Gives a database with all tables and nothing in them; the tests of a file have it one after the other. */
export async function takeTestDatabase(): Promise<TestDatabase> {
  const database = free.pop() ?? (await createMigrated());
  onTestFinished(async () => {
    await database.client.query(database.empty);
    free.push(database);
  });
  return present(database.url, database.name, database.client);
}

/** A server for this test alone, to be stopped and started. */
export async function startOwnPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const server = await startPostgres({ fsync: false, ...options });
  onTestFinished(() => server.remove());
  return server;
}

/** Opens a store that the test may close; else it is closed after it. */
export async function openTestStore(url: string, settings: Partial<PostgresSettings> = {}): Promise<Store> {
  const store = await openPostgresStore({ url, poolSize: 4, timeout: 5_000, ...settings });
  onTestFinished(() => store.close().catch(() => undefined));
  return store;
}

function present(url: string, name: string, client: pg.Client): TestDatabase {
  return {
    url,
    name,
    query: async (sql, ...values) => (await client.query(sql, values)).rows,
    async connect() {
      const further = await connectTo(url);
      onTestFinished(() => further.end());
      return further;
    },
  };
}

interface Database {
  readonly url: string;
  readonly name: string;
  readonly client: pg.Client;
}

const free: (Database & { readonly empty: string })[] = [];

async function createMigrated() {
  const database = await createDatabase();
  const store = await openPostgresStore({ url: database.url, poolSize: 1, timeout: 10_000 });
  await store.close();
  const { rows } = await database.client.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'latchkey_schema'
     -- Sessions point at users.
     ORDER BY relname`,
  );
  // Faster than TRUNCATE, which makes new files.
  return { ...database, empty: rows.map(({ name }) => `DELETE FROM ${name}`).join(';') };
}

async function createDatabase(): Promise<Database> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  // Faster than the way through the log, on a server that does not wait for the disk.
  await administrate('make', `CREATE DATABASE ${name} STRATEGY file_copy`);
  const url = Object.assign(new URL(inject('postgres')), { pathname: `/${name}` }).href;
  return { url, name, client: await connectTo(url) };
}

async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  // Its server may be stopped by the test.
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

const administrators = new Map<string, Promise<pg.Client>>();

/** Making and removing have a connection each, so that neither waits for the other. */
async function administrate(work: 'make' | 'remove', sql: string): Promise<void> {
  let administrator = administrators.get(work);
  if (!administrator) {
    administrator = connectTo(inject('postgres'));
    administrators.set(work, administrator);
  }
  await (await administrator).query(sql);
}
