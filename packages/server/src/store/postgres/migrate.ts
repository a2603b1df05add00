import type { Dialect } from '../migrations/migration.js';
import { migrations } from '../migrations/migrations.js';
import { StoreUnusableError } from '../store.js';
import type { Connection } from './connection.js';
import { inTransaction } from './transaction.js';

const dialect: Dialect = {
  clustered: '',
  // Room in each page: a refresh then lays the new row beside the old one and touches no index.
  updatedOften: ' WITH (fillfactor = 80)',
  text: 'TEXT COLLATE "C"',
  counter: 'BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY',
  bytes: 'BYTEA',
  commitOrder: {
    column: ', transaction_id XID8 NOT NULL DEFAULT pg_current_xact_id()',
    index: ['CREATE INDEX changes_by_transaction ON changes (transaction_id)'],
  },
};

/** Any number that no other program is likely to use. */
const lock = 7_262_810_554_113;

/** Milliseconds to wait for another node that migrates. */
const patience = 60_000;

/** Takes the schema of the database that `name` says to the newest version. Throws StoreUnusableError, or the driver's error. */
export async function migrate(connection: Connection, name: string): Promise<void> {
  // A role that may not create tables can then use what another has made.
  if ((await findVersion(connection, name)) === migrations.length) return;
  await inTransaction(connection, async () => {
    await connection.run(`SET LOCAL lock_timeout = ${patience}`);
    await connection.run(`SELECT pg_advisory_xact_lock(${lock})`);
    const version = await findVersion(connection, name);
    if (version === undefined) {
      await connection.run('CREATE TABLE latchkey_schema (version INTEGER NOT NULL)');
      await connection.run('INSERT INTO latchkey_schema (version) VALUES (0)');
    }
    for (const migration of migrations.slice(version ?? 0)) {
      for (const statement of migration(dialect)) await connection.run(statement);
    }
    await connection.run(`UPDATE latchkey_schema SET version = ${migrations.length}`);
  });
}

/** What extensions have made is nobody's data: managed databases come with some. */
const tablesHere = `SELECT relname AS name FROM pg_class
  WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e')
  ORDER BY relname`;

/** Undefined where there is nothing yet. */
async function findVersion(connection: Connection, name: string): Promise<number | undefined> {
  const tables = (await connection.run(tablesHere)).rows.map((row) => row.name);
  if (!tables.includes('latchkey_schema')) {
    if (tables.length === 0) return undefined;
    throw new StoreUnusableError(
      `The database ${name} is used by something else (it has a table ${tables[0]}); make one for Latchkey alone, CREATE DATABASE latchkey, and name that.`,
    );
  }
  const { rows } = await connection.run('SELECT version FROM latchkey_schema');
  const version: number = rows[0]?.version ?? 0;
  if (version > migrations.length) {
    throw new StoreUnusableError(
      `The database ${name} was written by a newer Latchkey (its schema is ${version}, this one knows ${migrations.length}); start the newer version.`,
    );
  }
  return version;
}
