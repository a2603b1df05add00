import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { migrations } from '../migrations/migrations.js';
import { type Store, StoreUnusableError } from '../store.js';
import { createAppendAudit } from './audit.js';
import { createChanges } from './changes.js';
import { dialect } from './dialect.js';
import { createGroupCommit, isBusy } from './group-commit.js';
import { createHousekeeping } from './housekeeping.js';
import { applicationId, checkIdentity, readVersion } from './identity.js';
import { createSigningKeys } from './keys.js';
import { createPing } from './ping.js';
import { reader } from './reader.js';
import { createRevoke } from './revoke.js';
import { createSessions } from './sessions.js';
import { createUsage } from './usage.js';
import { createUsers } from './users.js';

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
  const revoke = createRevoke(db);

  return {
    ...createUsers(db, commits, reader, audit, revoke),
    ...createSessions(db, commits, reader, audit, revoke),
    ...createChanges(db, commits, reader, audit),
    ...createSigningKeys(db, commits, reader, audit),
    ...createHousekeeping(db, commits, reader),
    ...createUsage(db, commits, reader),
    ping: createPing(db, commits),
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
    checkIdentity(file);
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

/** Takes the schema to the newest version. Throws StoreUnusableError, or what SQLite throws. */
export function migrate(db: DatabaseSyncInstance, file: string): void {
  // Only while it opens may SQLite wait, for another process that migrates at this moment.
  db.exec(`PRAGMA busy_timeout = ${openPatience}`);
  switchToLog(db);
  db.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
  db.exec('BEGIN IMMEDIATE');
  try {
    const version = readVersion(db, file);
    for (const migration of migrations.slice(version)) for (const statement of migration(dialect)) db.exec(statement);
    if (version < migrations.length) {
      db.exec(`PRAGMA user_version = ${migrations.length}; PRAGMA application_id = ${applicationId}`);
    }
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

/** What keeps the file from being opened, in one line that says what to do. */
export function unusable(file: string, error: unknown): StoreUnusableError {
  if (error instanceof StoreUnusableError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new StoreUnusableError(
    `Cannot use ${file} (${reason}); check that the path, its permissions and the disk are in order, or name another directory with --data.`,
    { cause: error },
  );
}
