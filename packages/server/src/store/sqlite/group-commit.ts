import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import { StoreUnavailableError } from '../store.js';

/** How long a batch waits for another process (a command of the operator, a backup) to let go of the write lock. */
const lockPatience = 5_000;
const lockPause = 5;

interface Job {
  readonly run: () => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface GroupCommit {
  /**
   * Runs `run` in the transaction that this turn of the loop shares, and resolves with what it returned
   * after the commit. `run` is synchronous and atomic by itself: if it throws, what it wrote is undone and
   * the others of its batch go on. Rejects with StoreUnavailableError if the commit fails.
   */
  write<T>(run: () => T): Promise<T>;
  /** Resolves when everything asked for so far has been committed or refused. */
  settled(): Promise<void>;
}

/**
 * One fsync for all writes of a turn: measured 250 µs a write alone, 29 µs at 50 to a commit. Nobody is
 * answered before the commit, so a crash loses nothing that was answered.
 */
export function createGroupCommit(db: DatabaseSync): GroupCommit {
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commit = db.prepare('COMMIT');
  const savepoint = db.prepare('SAVEPOINT job');
  const release = db.prepare('RELEASE job');
  const undo = db.prepare('ROLLBACK TO job');

  let waiting: Job[] = [];
  let idle: (() => void)[] = [];

  function flush(patientUntil: number): void {
    try {
      begin.run();
    } catch (error) {
      if (isBusy(error) && Date.now() < patientUntil) {
        setTimeout(flush, lockPause, patientUntil);
        return;
      }
      finish((job) => job.reject(unavailable(error)));
      return;
    }
    const batch = waiting;
    waiting = [];
    let outcomes: (() => void)[];
    try {
      outcomes = batch.map(runJob);
      commit.run();
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      outcomes = batch.map((job) => () => job.reject(unavailable(error)));
    }
    for (const outcome of outcomes) outcome();
    rest();
  }

  function runJob(job: Job): () => void {
    savepoint.run();
    try {
      const value = job.run();
      release.run();
      return () => job.resolve(value);
    } catch (error) {
      // A full disk or an I/O error ends the whole transaction by itself (sqlite.org/lang_transaction.html §3).
      if (!db.isTransaction) throw error;
      undo.run();
      release.run();
      return () => job.reject(unavailable(error));
    }
  }

  function finish(settle: (job: Job) => void): void {
    const batch = waiting;
    waiting = [];
    batch.forEach(settle);
    rest();
  }

  function rest(): void {
    if (waiting.length > 0) return;
    const listeners = idle;
    idle = [];
    for (const listener of listeners) listener();
  }

  return {
    write<T>(run: () => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        waiting.push({ run, resolve: resolve as (value: unknown) => void, reject });
        if (waiting.length === 1) setImmediate(() => flush(Date.now() + lockPatience));
      });
    },
    settled() {
      return waiting.length === 0 ? Promise.resolve() : new Promise((resolve) => idle.push(resolve));
    },
  };
}

const SQLITE_BUSY = 5;

/** Whether SQLite refused because somebody else holds a lock. */
export function isBusy(error: unknown): boolean {
  // The low byte is the primary code (sqlite.org/rescode.html).
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}

function unavailable(cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError(cause instanceof Error ? cause.message : String(cause), { cause });
}
