import { type Store, schemaReload } from '../store.js';
import { auditIf, auditValues } from './audit.js';
import type { Statement } from './connection.js';
import type { Connections } from './connections.js';

/** What nodes listen on. A notification says only that there is something to read. */
export const channel = 'latchkey_changes';

/** The part of a statement that records a change for each row of `from`. */
export function recordChange(sessionId: string, at: string, from: string): string {
  return `recorded AS (INSERT INTO changes (at, session_id) SELECT ${at}::BIGINT, ${sessionId} FROM ${from})`;
}

/** A column that wakes the other nodes when the transaction commits; many in one transaction are one. */
export const wakeOthers = `pg_notify('${channel}', '')`;

const snapshot = `pg_current_snapshot()::TEXT AS cursor`;

const listSince: Statement = {
  name: 'latchkey_changes_since',
  text: `SELECT ${snapshot}, changes.id, changes.session_id, changes.subject
    FROM (SELECT 1) AS always LEFT JOIN changes ON changes.at >= $1`,
};

// The first two conditions are what the index serves. The second is true of every row that was written here: those that
// came from another server, in a dump, can have numbers that are far ahead, and would be told at each look.
const listAfter: Statement = {
  name: 'latchkey_changes_after',
  text: `SELECT ${snapshot}, changes.id, changes.session_id, changes.subject,
      pg_snapshot_xmax(pg_current_snapshot()) < pg_snapshot_xmin($1::PG_SNAPSHOT) AS "isOlder"
    FROM (SELECT 1) AS always LEFT JOIN changes
      ON changes.transaction_id >= pg_snapshot_xmin($1::PG_SNAPSHOT)
      AND changes.transaction_id < pg_snapshot_xmax(pg_current_snapshot())
      AND NOT pg_visible_in_snapshot(changes.transaction_id, $1::PG_SNAPSHOT)`,
};

const request: Statement = {
  name: 'latchkey_request_schema_reload',
  text: `WITH recorded AS (
      INSERT INTO changes (at, session_id, subject) VALUES ($2::BIGINT, NULL, $1) RETURNING id),
    ${auditIf('recorded', 2)}
    SELECT ${wakeOthers} FROM recorded`,
};

/**
 * The cursor is what the last look could see: PostgreSQL's snapshot, which names the transactions that were under way.
 * The numbers of the rows would not do: a transaction can take number 5 and commit after another that took number 6,
 * and whoever went on after 6 would never hear of 5.
 */
export function createChanges(connections: Connections): Pick<Store, 'listChanges' | 'requestSchemaReload'> {
  return {
    listChanges: ({ after, since }) =>
      connections.run(async (connection) => {
        // Before the look: a connection that breaks during it makes the next look a long one.
        const losses = String(connections.losses());
        const [lossesThen, seen] = after?.split('/') ?? [];
        // After a crash or a failover the server may give the numbers of lost transactions again, to transactions that
        // the snapshot takes for seen. Neither comes without breaking connections.
        const isContinuous = seen !== undefined && lossesThen === losses;
        let { rows } = await (isContinuous
          ? connection.query(listAfter, [seen])
          : connection.query(listSince, [since]));
        // An older copy of the database took its place.
        if (rows[0]?.isOlder) ({ rows } = await connection.query(listSince, [since]));
        const changes = rows.filter((row) => row.id !== null);
        return {
          cursor: `${losses}/${rows[0]?.cursor}`,
          revokedSessions: changes.flatMap((row) => row.session_id ?? []),
          haveKeysChanged: changes.some((row) => row.session_id === null && row.subject === null),
          isSchemaReloadRequested: changes.some((row) => row.subject === schemaReload),
        };
      }),
    requestSchemaReload: (entry) =>
      connections.run(async (connection) => {
        await connection.query(request, [schemaReload, ...auditValues(entry)]);
      }),
  };
}
