import { type LogPage, type PrunedLog, type Store, servedSchema } from '../store.js';
import type { Statement } from './connection.js';
import type { Connections } from './connections.js';

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

const take: Statement = {
  name: 'latchkey_take_lease',
  text: `INSERT INTO leases (name, holder, expires_at) VALUES ($1, $2, $3)
    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
    WHERE leases.holder = excluded.holder OR leases.expires_at <= $4
    RETURNING name`,
};

const endedAt = 'least(idle_expires_at, expires_at, coalesce(revoked_at, expires_at))';

// SKIP LOCKED: it never waits for anybody, and so never for somebody who waits for it. The next pass finds the rest.
const sessions: Statement = {
  name: 'latchkey_prune_sessions',
  text: `WITH page AS (SELECT id, ${endedAt} AS ended_at FROM sessions WHERE id > $1 ORDER BY id LIMIT $2),
    ended AS (
      SELECT id FROM sessions
      WHERE id = ANY (ARRAY(SELECT id FROM page WHERE ended_at < $3)) AND ${endedAt} < $3 FOR UPDATE SKIP LOCKED),
    pruned AS (DELETE FROM sessions WHERE id = ANY (ARRAY(SELECT id FROM ended)) RETURNING 1)
    SELECT count(*) AS seen, max(id) AS last, (SELECT count(*) FROM pruned) AS pruned FROM page`,
};

/**
 * After a number, and not from the beginning: while somebody has an old snapshot open, what was removed stays in the
 * index, and each batch would pass over all of it (19 ms behind 80,000 rows). An array, and not IN: however large the
 * table, the planner can only look up these few by their key.
 */
const log = (table: 'audit' | 'changes'): Statement => ({
  name: `latchkey_prune_${table}`,
  text: `WITH page AS (SELECT id, at FROM ${table} WHERE id > $1 ORDER BY id LIMIT $2),
    pruned AS (DELETE FROM ${table} WHERE id = ANY (ARRAY(SELECT id FROM page WHERE at < $3)) RETURNING 1)
    SELECT id AS last, at, (SELECT count(*) FROM page) AS seen, (SELECT count(*) FROM pruned) AS pruned
    FROM page ORDER BY id DESC LIMIT 1`,
});

const signingKeys: Statement = {
  name: 'latchkey_prune_signing_keys',
  text: `DELETE FROM signing_keys WHERE kid = ANY (ARRAY(
    SELECT kid FROM signing_keys WHERE retires_at < $1 ORDER BY retires_at LIMIT $2))`,
};

// An update that changes nothing, so that the value comes back which another has committed meanwhile.
const keep: Statement = {
  name: 'latchkey_agree',
  text: `INSERT INTO agreements (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = agreements.value RETURNING value`,
};

const kept: Statement = {
  name: 'latchkey_agreement',
  text: 'SELECT value FROM agreements WHERE name = $1',
};

const keepServed: Statement = {
  name: 'latchkey_record_served_schema',
  text: `INSERT INTO agreements (name, value) VALUES ('${servedSchema}', $1)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
};

// The clock is a lease that nobody holds.
const recordTime: Statement = {
  name: 'latchkey_record_time',
  text: `INSERT INTO leases (name, holder, expires_at) VALUES ('clock', '', $1)
    ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at`,
};

const latestTime: Statement = {
  name: 'latchkey_latest_time',
  text: `SELECT max(at) AS at FROM (
    (SELECT at FROM audit ORDER BY id DESC LIMIT 1)
    UNION ALL (SELECT expires_at FROM leases WHERE name = 'clock')) AS times`,
};

const readClock: Statement = {
  name: 'latchkey_read_clock',
  text: 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::BIGINT AS at',
};

export function createHousekeeping({ run }: Connections): HousekeepingVerbs {
  const pruneLog =
    (statement: Statement) =>
    ({ after, before, limit }: LogPage): Promise<PrunedLog> =>
      run(async (connection) => {
        const [row] = (await connection.query(statement, [after, limit, before])).rows;
        if (!row) return { pruned: 0, next: undefined };
        return { pruned: row.pruned, next: row.seen < limit ? undefined : { after: row.last, at: row.at } };
      });

  return {
    takeLease: ({ name, holder, now, until }) =>
      run(async (connection) => (await connection.query(take, [name, holder, until, now])).rows.length > 0),
    pruneSessions: ({ after, limit, endedBefore }) =>
      run(async (connection) => {
        const [row] = (await connection.query(sessions, [after, limit, endedBefore])).rows;
        return { pruned: row?.pruned, next: row?.seen < limit ? undefined : row?.last };
      }),
    pruneAudit: pruneLog(log('audit')),
    pruneChanges: pruneLog(log('changes')),
    pruneSigningKeys: ({ before, limit }) =>
      run(async (connection) => (await connection.query(signingKeys, [before, limit])).rowCount),
    agreeOn: (name, value) => run(async (connection) => (await connection.query(keep, [name, value])).rows[0]?.value),
    findAgreement: (name) => run(async (connection) => (await connection.query(kept, [name])).rows[0]?.value),
    recordServedSchema: (text) =>
      run(async (connection) => {
        await connection.query(keepServed, [text]);
      }),
    findServedSchema: () => run(async (connection) => (await connection.query(kept, [servedSchema])).rows[0]?.value),
    recordTime: (at) =>
      run(async (connection) => {
        await connection.query(recordTime, [at]);
      }),
    findLatestTime: () => run(async (connection) => (await connection.query(latestTime, [])).rows[0]?.at ?? undefined),
    readClock: () => run(async (connection) => (await connection.query(readClock, [])).rows[0]?.at),
  };
}
