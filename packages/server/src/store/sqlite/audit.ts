import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import { withoutNul } from '../../lib/without-nul.js';
import type { AuditRecord } from '../store.js';

export type AppendAudit = (record: AuditRecord) => void;

/** Appends inside the transaction of the write that it tells of, so that neither is there without the other. */
export function createAppendAudit(db: DatabaseSync): AppendAudit {
  const insert = db.prepare(
    'INSERT INTO audit (at, action, user_id, session_id, source, detail) VALUES (?, ?, ?, ?, ?, ?)',
  );
  return ({ at, action, userId, sessionId, source, detail }) => {
    // The other texts are our own.
    insert.run(at, action, userId, sessionId, withoutNul(source), detail === null ? null : withoutNul(detail));
  };
}
