import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import type { Store } from '../store.js';
import type { GroupCommit } from './group-commit.js';

/** Milliseconds for which an answer stands: whoever asks all the time does not keep the disk busy. */
const goodFor = 1_000;

/** A transaction that changes nothing writes nothing, and succeeds on a disk that is full: this one changes a row. */
export function createPing(db: DatabaseSync, { write }: GroupCommit): Store['ping'] {
  // A lease that nobody takes.
  const touch = db.prepare(
    `INSERT INTO leases (name, holder, expires_at) VALUES ('ping', '', 0)
     ON CONFLICT (name) DO UPDATE SET expires_at = 1 - expires_at`,
  );
  let latest: Promise<void> | undefined;
  let askedAt = 0;
  return () => {
    const now = performance.now();
    if (!latest || !db.isOpen || now - askedAt >= goodFor) {
      askedAt = now;
      latest = write(() => void touch.run());
    }
    return latest;
  };
}
