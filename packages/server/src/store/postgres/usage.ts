import type { Store, UsageCounters } from '../store.js';
import { hasUsage } from '../usage-counters.js';
import type { Row, Statement } from './connection.js';
import type { Connections } from './connections.js';

type UsageVerbs = Pick<Store, 'addUsage' | 'sumUsage' | 'listUsage' | 'readQuotas' | 'pruneUsage'>;

// One statement: a batch whose answer is lost is there whole or not at all. Of two attempts at once the second waits
// for the row of the writer, and then finds the number taken. In order, so that nodes never wait for each other in a
// circle.
const add: Statement = {
  name: 'latchkey_add_usage',
  text: `WITH claimed AS (
      INSERT INTO usage_writers (id, batch, written_at) VALUES ($1, $2, $3)
      ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, written_at = excluded.written_at
      WHERE usage_writers.batch < excluded.batch RETURNING 1)
    INSERT INTO usage (user_id, hour, operation, requests, errors, fields, milliseconds)
    SELECT * FROM unnest($4::TEXT[], $5::BIGINT[], $6::TEXT[], $7::BIGINT[], $8::BIGINT[], $9::BIGINT[], $10::BIGINT[])
      AS batch (user_id, hour, operation, requests, errors, fields, milliseconds)
    WHERE EXISTS (SELECT 1 FROM claimed)
    ORDER BY batch.user_id COLLATE "C", batch.hour, batch.operation COLLATE "C"
    ON CONFLICT (user_id, hour, operation) DO UPDATE SET
      requests = usage.requests + excluded.requests, errors = usage.errors + excluded.errors,
      fields = usage.fields + excluded.fields, milliseconds = usage.milliseconds + excluded.milliseconds`,
};

/** A sum of BIGINT is a NUMERIC, which would come as text. */
const sum = (column: string) => `coalesce(sum(${column}), 0)::BIGINT AS ${column}`;
const sums = ['requests', 'errors', 'fields', 'milliseconds'].map(sum).join(', ');

const ofUser = 'FROM usage WHERE user_id = $1 AND hour >= $2 AND hour < $3';

const total: Statement = { name: 'latchkey_usage_of_user', text: `SELECT ${sums} ${ofUser}` };

const byOperation: Statement = {
  name: 'latchkey_usage_by_operation',
  text: `SELECT operation, ${sums} ${ofUser} GROUP BY operation ORDER BY sum(requests) DESC, operation LIMIT $4`,
};

// From one user to the next by the index, however many rows each has. GROUP BY with LIMIT would do for the planner that
// knows the numbers, but not for the generic plan of a prepared statement: it sums up everybody first.
const byUser: Statement = {
  name: 'latchkey_usage_by_user',
  text: `WITH RECURSIVE page (user_id, number) AS (
      (SELECT user_id, 1 FROM usage WHERE user_id > $1 ORDER BY user_id LIMIT 1)
      UNION ALL
      SELECT following.user_id, page.number + 1
      FROM page, LATERAL (
        SELECT user_id FROM usage WHERE usage.user_id > page.user_id ORDER BY user_id LIMIT 1) AS following
      WHERE page.number < $4)
    SELECT page.user_id, users.user_name, sums.*
    FROM page
    LEFT JOIN users ON users.id = page.user_id,
    LATERAL (
      SELECT ${sums} FROM usage WHERE usage.user_id = page.user_id AND hour >= $2 AND hour < $3) AS sums
    ORDER BY page.number`,
};

const quotas: Statement = {
  name: 'latchkey_quotas',
  text: `SELECT id, quota_per_day, (
      SELECT ${sum('requests')} FROM usage WHERE usage.user_id = users.id AND usage.hour >= $2)
    FROM users WHERE id = ANY ($1::TEXT[])`,
};

const prune: Statement = {
  name: 'latchkey_prune_usage',
  text: `WITH page AS (SELECT user_id, hour, operation FROM usage WHERE hour < $1 ORDER BY hour LIMIT $2)
    DELETE FROM usage USING page
    WHERE usage.user_id = page.user_id AND usage.hour = page.hour AND usage.operation = page.operation`,
};

const pruneWriters: Statement = {
  name: 'latchkey_prune_usage_writers',
  text: `DELETE FROM usage_writers
    WHERE id = ANY (ARRAY(SELECT id FROM usage_writers WHERE written_at < $1 LIMIT $2)) AND written_at < $1`,
};

export function createUsage({ run }: Connections): UsageVerbs {
  return {
    addUsage: ({ writer, number, at, rows }) =>
      run(async (connection) => {
        const columns = [
          rows.map(({ userId }) => userId),
          rows.map(({ hour }) => hour),
          // A NUL in an array is not seen by the connection.
          rows.map(({ operation }) => operation.replaceAll('\0', '\ufffd')),
          ...(['requests', 'errors', 'fields', 'milliseconds'] as const).map((name) => rows.map((row) => row[name])),
        ];
        await connection.query(add, [writer, number, at, ...columns]);
      }),
    sumUsage: ({ userId, from, to, limit }) =>
      run(async (connection) => {
        const [sumOf, operations] = await Promise.all([
          connection.query(total, [userId, from, to]),
          connection.query(byOperation, [userId, from, to, limit]),
        ]);
        return {
          total: toCounters(sumOf.rows[0] as Row),
          operations: operations.rows.map((row) => ({ operation: row.operation, ...toCounters(row) })),
        };
      }),
    listUsage: ({ from, to, after, limit }) =>
      run(async (connection) => {
        const { rows } = await connection.query(byUser, [after, from, to, limit]);
        const users = rows.map((row) => ({ userId: row.user_id, userName: row.user_name, ...toCounters(row) }));
        return { users: users.filter(hasUsage), next: rows.length < limit ? undefined : rows.at(-1)?.user_id };
      }),
    readQuotas: ({ userIds, from }) =>
      run(async (connection) => {
        const { rows } = await connection.query(quotas, [userIds, from]);
        return rows.map((row) => ({ userId: row.id, quotaPerDay: row.quota_per_day, requests: row.requests }));
      }),
    pruneUsage: ({ before, limit }) =>
      run(async (connection) => {
        await connection.query(pruneWriters, [before, limit]);
        return (await connection.query(prune, [before, limit])).rowCount;
      }),
  };
}

function toCounters({ requests, errors, fields, milliseconds }: Row): UsageCounters {
  return { requests, errors, fields, milliseconds };
}
