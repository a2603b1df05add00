import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import { shareAnswer } from '../../lib/shared-answer.js';
import type { Store } from '../store.js';
import type { GroupCommit } from './group-commit.js';

/** A transaction that changes nothing writes nothing, and succeeds on a disk that is full: this one changes a row. */
export function createPing(db: DatabaseSync, { write }: GroupCommit): Store['ping'] {
  // A lease that nobody takes.
  const touch = db.prepare(
    `INSERT INTO leases (name, holder, expires_at) VALUES ('ping', '', 0)
     ON CONFLICT (name) DO UPDATE SET expires_at = 1 - expires_at`,
  );
  return shareAnswer(
    () => write(() => void touch.run()),
    () => db.isOpen,
  );
}
