import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import type { AuditRecord } from '../store.js';

export type AppendAudit = (record: AuditRecord) => void;

/** Appends inside the transaction of the write that it tells of, so that neither is there without the other. */
export function createAppendAudit(db: DatabaseSync): AppendAudit {
  const insert = db.prepare(
    'INSERT INTO audit (at, action, user_id, session_id, source, detail) VALUES (?, ?, ?, ?, ?, ?)',
  );
  return ({ at, action, userId, sessionId, source, detail }) => {
    insert.run(at, action, userId, sessionId, source, detail);
  };
}
