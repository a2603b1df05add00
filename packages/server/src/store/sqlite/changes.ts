import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import { type Store, schemaReload } from '../store.js';
import type { AppendAudit } from './audit.js';
import type { GroupCommit } from './group-commit.js';
import type { Reader } from './reader.js';

/** SQLite commits one transaction at a time, so the numbers of the rows are the order of the commits. */
export function createChanges(
  db: DatabaseSync,
  { write }: GroupCommit,
  { read }: Reader,
  audit: AppendAudit,
): Pick<Store, 'listChanges' | 'watchChanges' | 'requestSchemaReload'> {
  const newest = db.prepare('SELECT max(id) AS id FROM changes');
  const after = db.prepare('SELECT id, session_id, subject FROM changes WHERE id > ? ORDER BY id');
  const since = db.prepare('SELECT id, session_id, subject FROM changes WHERE at >= ?');
  const request = db.prepare('INSERT INTO changes (at, session_id, subject) VALUES (?, NULL, ?)');

  return {
    listChanges: (page) =>
      read(() => {
        // Before the rows: what is committed between the two reads is then told twice, not missed.
        const last = page.after ?? String(newest.get()?.id ?? 0);
        const rows = page.after === undefined ? since.all(page.since) : after.all(page.after);
        return {
          cursor: String(page.after === undefined ? last : (rows.at(-1)?.id ?? last)),
          revokedSessions: rows.flatMap((row) => (row.session_id as string | null) ?? []),
          haveKeysChanged: rows.some((row) => row.session_id === null && row.subject === null),
          isSchemaReloadRequested: rows.some((row) => row.subject === schemaReload),
        };
      }),
    requestSchemaReload: (entry) =>
      write(() => {
        request.run(entry.at, schemaReload);
        audit(entry);
      }),
    // Another process on the same file cannot call this one. Polling a local file costs microseconds.
    watchChanges: () => () => undefined,
  };
}
