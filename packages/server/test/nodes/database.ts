import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, inject } from 'vitest';

export interface FileDatabase {
  readonly url: string;
  /** Runs a statement on a connection that no node knows of. */
  query(sql: string): Promise<Record<string, unknown>[]>;
}

const databases: { readonly name: string; readonly client: pg.Client }[] = [];

afterAll(async () => {
  for (const { client } of databases) await client.end();
  await administrate(databases.map(({ name }) => `DROP DATABASE ${name} WITH (FORCE)`));
});

/** An empty database on the server that all tests share, for all tests of this file. */
export async function makeDatabase(): Promise<FileDatabase> {
  const name = `nodes_${randomUUID().replaceAll('-', '')}`;
  await administrate([`CREATE DATABASE ${name} STRATEGY file_copy`]);
  const url = Object.assign(new URL(inject('postgres')), { pathname: `/${name}` }).href;
  const client = new pg.Client(url);
  await client.connect();
  databases.push({ name, client });
  return { url, query: async (sql) => (await client.query(sql)).rows };
}

async function administrate(statements: readonly string[]): Promise<void> {
  const client = new pg.Client(inject('postgres'));
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}
