import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import type { Store } from '../store.js';
import type { Reader } from './reader.js';

/** SQLite commits one transaction at a time, so the numbers of the rows are the order of the commits. */
export function createChanges(db: DatabaseSync, { read }: Reader): Pick<Store, 'listChanges' | 'watchChanges'> {
  const newest = db.prepare('SELECT max(id) AS id FROM changes');
  const after = db.prepare('SELECT id, session_id FROM changes WHERE id > ? ORDER BY id');
  const since = db.prepare('SELECT id, session_id FROM changes WHERE at >= ?');

  return {
    listChanges: (page) =>
      read(() => {
        // Before the rows: what is committed between the two reads is then told twice, not missed.
        const last = page.after ?? String(newest.get()?.id ?? 0);
        const rows = page.after === undefined ? since.all(page.since) : after.all(page.after);
        return {
          cursor: String(page.after === undefined ? last : (rows.at(-1)?.id ?? last)),
          revokedSessions: rows.flatMap((row) => (row.session_id as string | null) ?? []),
          haveKeysChanged: rows.some((row) => row.session_id === null),
        };
      }),
    // Another process on the same file cannot call this one. Polling a local file costs microseconds.
    watchChanges: () => () => undefined,
  };
}
