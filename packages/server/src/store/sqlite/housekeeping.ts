import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import { type LogPage, type PrunedLog, type Store, servedSchema } from '../store.js';
import type { GroupCommit } from './group-commit.js';
import type { Reader } from './reader.js';

type HousekeepingVerbs = Pick<
  Store,
  | 'takeLease'
  | 'pruneSessions'
  | 'pruneAudit'
  | 'pruneChanges'
  | 'pruneSigningKeys'
  | 'agreeOn'
  | 'findAgreement'
  | 'recordServedSchema'
  | 'findServedSchema'
  | 'recordTime'
  | 'findLatestTime'
  | 'readClock'
>;

export function createHousekeeping(db: DatabaseSync, { write }: GroupCommit, { read }: Reader): HousekeepingVerbs {
  const take = db.prepare(
    `INSERT INTO leases (name, holder, expires_at) VALUES (?1, ?2, ?3)
     ON CONFLICT (name) DO UPDATE SET holder = ?2, expires_at = ?3 WHERE holder = ?2 OR expires_at <= ?4`,
  );
  const pageOfSessions = db.prepare(
    `SELECT id, min(idle_expires_at, expires_at, coalesce(revoked_at, expires_at)) AS endedAt
     FROM sessions WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const removeSession = db.prepare('DELETE FROM sessions WHERE id = ?');
  const pruneLog = (table: 'audit' | 'changes') => {
    const last = db.prepare(
      `SELECT count(*) AS seen, max(id) AS id FROM (SELECT id FROM ${table} WHERE id > ? ORDER BY id LIMIT ?)`,
    );
    const timeOf = db.prepare(`SELECT at FROM ${table} WHERE id = ?`);
    const remove = db.prepare(`DELETE FROM ${table} WHERE id > ? AND id <= ? AND at < ?`);
    return ({ after, before, limit }: LogPage): Promise<PrunedLog> =>
      write(() => {
        const { seen, id } = last.get(after, limit) as { seen: number; id: number | null };
        if (id === null) return { pruned: 0, next: undefined };
        const at = timeOf.get(id)?.at as number;
        const pruned = Number(remove.run(after, id, before).changes);
        return { pruned, next: seen < limit ? undefined : { after: id, at } };
      });
  };
  const pruneSigningKeys = db.prepare(
    'DELETE FROM signing_keys WHERE kid IN (SELECT kid FROM signing_keys WHERE retires_at < ? ORDER BY retires_at LIMIT ?)',
  );
  const keep = db.prepare('INSERT INTO agreements (name, value) VALUES (?, ?) ON CONFLICT (name) DO NOTHING');
  const kept = db.prepare('SELECT value FROM agreements WHERE name = ?');
  const keepServed = db.prepare(
    `INSERT INTO agreements (name, value) VALUES ('${servedSchema}', ?1) ON CONFLICT (name) DO UPDATE SET value = ?1`,
  );
  // The clock is a lease that nobody holds.
  const recordTime = db.prepare(
    `INSERT INTO leases (name, holder, expires_at) VALUES ('clock', '', ?1)
     ON CONFLICT (name) DO UPDATE SET expires_at = ?1`,
  );
  const latestTime = db.prepare(
    `SELECT max(at) AS at FROM (
       SELECT at FROM (SELECT at FROM audit ORDER BY id DESC LIMIT 1)
       UNION ALL SELECT expires_at FROM leases WHERE name = 'clock')`,
  );

  return {
    takeLease: ({ name, holder, now, until }) => write(() => take.run(name, holder, until, now).changes > 0),
    pruneSessions: ({ after, limit, endedBefore }) =>
      write(() => {
        const rows = pageOfSessions.all(after, limit);
        const ended = rows.filter((row) => (row.endedAt as number) < endedBefore);
        for (const { id } of ended) removeSession.run(id as string);
        return { pruned: ended.length, next: rows.length < limit ? undefined : (rows.at(-1)?.id as string) };
      }),
    pruneAudit: pruneLog('audit'),
    pruneChanges: pruneLog('changes'),
    pruneSigningKeys: ({ before, limit }) => write(() => Number(pruneSigningKeys.run(before, limit).changes)),
    agreeOn: (name, value) =>
      write(() => {
        keep.run(name, value);
        return kept.get(name)?.value as string;
      }),
    findAgreement: (name) => read(() => kept.get(name)?.value as string | undefined),
    recordServedSchema: (text) =>
      write(() => {
        keepServed.run(text);
      }),
    findServedSchema: () => read(() => kept.get(servedSchema)?.value as string | undefined),
    recordTime: (at) =>
      write(() => {
        recordTime.run(at);
      }),
    findLatestTime: () => read(() => (latestTime.get()?.at as number | null) ?? undefined),
    // It would be that of this machine.
    readClock: async () => undefined,
  };
}
