import { existsSync, statSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { migrations } from '../migrations/migrations.js';
import { StoreUnusableError } from '../store.js';

/** "LKEY": what says that a file is ours (sqlite.org/fileformat.html §1.3.17). The first version left it at 0. */
export const applicationId = 0x4c4b4559;

/** The tables of the first version. */
const firstTables = ['users', 'sessions', 'signing_keys', 'audit'];

/** How many of the migrations have run. Throws StoreUnusableError where the file is another program's, or a newer version's. */
export function readVersion(db: DatabaseSyncInstance, file: string): number {
  const number = (pragma: string) => Number(db.prepare(`PRAGMA ${pragma}`).get()?.[pragma]);
  const [id, version] = [number('application_id'), number('user_version')];
  const tables = new Set(
    db
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table'`)
      .all()
      .map(({ name }) => name),
  );
  const isOfFirstVersion = id === 0 && version > 0 && firstTables.every((table) => tables.has(table));
  const isEmpty = id === 0 && version === 0 && tables.size === 0;
  if (id !== applicationId && !isOfFirstVersion && !isEmpty) {
    throw new StoreUnusableError(
      `${file} is a database of something else; move it away, or name another directory with --data.`,
    );
  }
  if (version <= migrations.length) return version;
  throw new StoreUnusableError(
    `${file} was written by a newer Latchkey (its schema is ${version}, this one knows ${migrations.length}); start the newer version.`,
  );
}

/**
 * Looks at a file that is there without writing to it: to open it for writing would change the mode of its journal,
 * and to close it would move its log into it. Throws StoreUnusableError like readVersion.
 */
export function checkIdentity(file: string): void {
  if (!existsSync(file) || statSync(file).size === 0) return;
  const db = new DatabaseSync(file, { readOnly: true, timeout: 0 });
  try {
    readVersion(db, file);
  } catch (error) {
    // Locked by somebody who makes it, or left in the middle by a crash: who opens it for writing will see.
    if (error instanceof StoreUnusableError) throw error;
  } finally {
    db.close();
  }
}
