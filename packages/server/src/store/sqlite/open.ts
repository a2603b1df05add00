import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import type { Dialect } from '../migrations/migration.js';
import { migrations } from '../migrations/migrations.js';
import { type Store, StoreUnusableError } from '../store.js';
import { createAppendAudit } from './audit.js';
import { createGroupCommit, isBusy } from './group-commit.js';
import { createSigningKeys } from './keys.js';
import { reader } from './reader.js';
import { createSessions } from './sessions.js';
import { createUsers } from './users.js';

const dialect: Dialect = {
  clustered: ' WITHOUT ROWID',
  counter: 'INTEGER PRIMARY KEY',
  bytes: 'BLOB',
};

/** How long the opening waits for another process, in milliseconds. */
const openPatience = 10_000;

/**
 * Opens the embedded store in `directory`, which is made (0700) if it is not there. Any number of processes
 * may have it open. Throws StoreUnusableError if it can never work as it is.
 */
export function openSqliteStore(directory: string): Store {
  const file = join(directory, 'latchkey.db');
  const db = open(directory, file);
  try {
    migrate(db, file);
  } catch (error) {
    db.close();
    throw unusable(file, error);
  }
  const commits = createGroupCommit(db);
  const audit = createAppendAudit(db);

  return {
    ...createUsers(db, commits, reader, audit),
    ...createSessions(db, commits, reader, audit),
    ...createSigningKeys(db, commits, reader),
    ping: () => commits.write(() => undefined),
    async close() {
      await commits.settled();
      moveLogIntoFile(db);
      db.close();
    },
  };
}

function open(directory: string, file: string): DatabaseSyncInstance {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    createPrivateFile(file);
    // No waiting inside SQLite: that would stop the event loop. The group commit waits beside it.
    return new DatabaseSync(file, { timeout: 0 });
  } catch (error) {
    throw unusable(file, error);
  }
}

/** Made before SQLite opens it: the files that SQLite lays beside it get the rights that it has at that moment. */
function createPrivateFile(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

function migrate(db: DatabaseSyncInstance, file: string): void {
  // Only while it opens may SQLite wait, for another process that migrates at this moment.
  db.exec(`PRAGMA busy_timeout = ${openPatience}`);
  switchToLog(db);
  db.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    if (version > migrations.length) {
      throw new StoreUnusableError(
        `${file} was written by a newer Latchkey (its schema is ${version}, this one knows ${migrations.length}); start the newer version.`,
      );
    }
    for (const migration of migrations.slice(version)) for (const statement of migration(dialect)) db.exec(statement);
    db.exec(`PRAGMA user_version = ${migrations.length}`);
    db.exec('COMMIT; PRAGMA busy_timeout = 0');
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Of two processes that make the store at once each can hold what the other needs for this. SQLite then refuses one
 * of them at once, whatever its timeout.
 */
function switchToLog(db: DatabaseSyncInstance): void {
  const patientUntil = Date.now() + openPatience;
  for (;;) {
    try {
      db.exec('PRAGMA journal_mode = WAL');
      return;
    } catch (error) {
      if (!isBusy(error) || Date.now() > patientUntil) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

/**
 * So that after a stop the one file is everything there is to copy. SQLite does it when it closes, but the library
 * keeps it open until the statements are collected.
 */
function moveLogIntoFile(db: DatabaseSyncInstance): void {
  try {
    db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  } catch {
    // A full disk, say. Nothing is lost: the next start finds the log where it is.
  }
}

function unusable(file: string, error: unknown): StoreUnusableError {
  if (error instanceof StoreUnusableError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreUnusableError(
    `Cannot use ${file} (${reason}); check that the path, its permissions and the disk are in order, or name another directory with --data.`,
    { cause: error },
  );
}
