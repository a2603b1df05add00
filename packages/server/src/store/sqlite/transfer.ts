import { createHash } from 'node:crypto';
import { existsSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { migrations } from '../migrations/migrations.js';
import { StoreUnusableError } from '../store.js';
import { keyColumns, type Table, tables } from '../transfer/tables.js';
import type { TransferSource } from '../transfer/transfer.js';
import { checkIdentity, readVersion } from './identity.js';
import { migrate, unusable } from './open.js';

/**
 * Opens a file of the embedded store, to be copied as it is now; a server may work on it meanwhile. Throws
 * StoreUnusableError.
 */
export function openSqliteSource(file: string): TransferSource {
  const db = openFile(file);
  db.exec('BEGIN');
  const fingerprint = fingerprintOf(db);
  const reads = new Map(tables.map((table) => [table, prepareRead(db, table)]));
  return {
    name: `sqlite:${realpathSync(file)}`,
    fingerprint,
    count: ({ name }) => Number(db.prepare(`SELECT count(*) AS n FROM ${name}`).get()?.n),
    read: (table, after, limit) => reads.get(table)?.(after, limit) ?? [],
    fingerprintNow() {
      if (db.isTransaction) db.exec('COMMIT');
      db.exec('BEGIN');
      return fingerprintOf(db);
    },
    close() {
      if (db.isTransaction) db.exec('ROLLBACK');
      db.close();
    },
  };
}

/** The file of the store in a data directory, or the file itself. Throws StoreUnusableError where there is none. */
export function findSqliteFile(path: string): string {
  const isDirectory = statSync(path, { throwIfNoEntry: false })?.isDirectory();
  const file = isDirectory ? join(path, 'latchkey.db') : path;
  if (existsSync(file) && statSync(file).size > 0) return file;
  throw new StoreUnusableError(`There is no store in ${path}; name its directory with --from sqlite:DIRECTORY.`);
}

function openFile(file: string): DatabaseSyncInstance {
  let db: DatabaseSyncInstance | undefined;
  try {
    checkIdentity(file);
    db = new DatabaseSync(file, { timeout: 10_000 });
    const version = readVersion(db, file);
    if (version === 0) throw new StoreUnusableError(`${file} is empty: there is nothing to migrate.`);
    // A backup stays as it is, and may lie where nothing can be written.
    if (version < migrations.length) migrate(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw unusable(file, error);
  }
}

function prepareRead(
  db: DatabaseSyncInstance,
  table: Table,
): TransferSource['read'] extends (table: Table, ...rest: infer Rest) => infer Rows ? (...rest: Rest) => Rows : never {
  const { name, key, columns } = table;
  const list = Object.keys(columns).join(', ');
  const values = keyColumns(table)
    .map(() => '?')
    .join(', ');
  const first = db.prepare(`SELECT ${list} FROM ${name} ORDER BY ${key} LIMIT ?`);
  const next = db.prepare(`SELECT ${list} FROM ${name} WHERE (${key}) > (${values}) ORDER BY ${key} LIMIT ?`);
  return (after, limit) => (after === undefined ? first.all(limit) : next.all(...after, limit));
}

/** One pass over each table. Every change to a session counts its generation, ends it, adds it or removes it. */
function fingerprintOf(db: DatabaseSyncInstance): string {
  const hash = createHash('sha256');
  const add = (sql: string) => {
    for (const row of db.prepare(sql).iterate()) hash.update(`${Object.values(row as object).join(' ')}\n`);
  };
  add('SELECT * FROM users ORDER BY id');
  // As text: a sum may be more than a number of JavaScript can hold. Of many times it is more than SQLite can, too.
  const sum = (expression: string) => `CAST(sum(${expression}) AS TEXT)`;
  add(
    `SELECT count(*), ${sum('generation')}, max(rotated_at), count(revoked_at), ${sum('revoked_at % 1000003')} FROM sessions`,
  );
  add('SELECT kid, hex(encrypted_private_key), signs_from, retires_at FROM signing_keys ORDER BY kid');
  add('SELECT count(*), min(id), max(id) FROM audit');
  add('SELECT count(*), min(id), max(id) FROM changes');
  add(`SELECT count(*), ${sum('requests')}, ${sum('fields')}, ${sum('milliseconds')} FROM usage`);
  add('SELECT * FROM agreements ORDER BY name');
  return hash.digest('base64url');
}
