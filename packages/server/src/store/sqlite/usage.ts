import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import { withoutNul } from '../../lib/without-nul.js';
import type { Store, UsageCounters } from '../store.js';
import { hasUsage } from '../usage-counters.js';
import type { GroupCommit } from './group-commit.js';
import type { Reader } from './reader.js';
import type { Row } from './rows.js';

type UsageVerbs = Pick<Store, 'addUsage' | 'sumUsage' | 'listUsage' | 'readQuotas' | 'pruneUsage'>;

const sums = `total(requests) AS requests, total(errors) AS errors, total(fields) AS fields,
  total(milliseconds) AS milliseconds`;

export function createUsage(db: DatabaseSync, { write }: GroupCommit, { read }: Reader): UsageVerbs {
  const claim = db.prepare(
    `INSERT INTO usage_writers (id, batch, written_at) VALUES (?1, ?2, ?3)
     ON CONFLICT (id) DO UPDATE SET batch = ?2, written_at = ?3 WHERE batch < ?2`,
  );
  const add = db.prepare(
    `INSERT INTO usage (user_id, hour, operation, requests, errors, fields, milliseconds) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (user_id, hour, operation) DO UPDATE SET
       requests = requests + excluded.requests, errors = errors + excluded.errors,
       fields = fields + excluded.fields, milliseconds = milliseconds + excluded.milliseconds`,
  );
  const ofUser = 'FROM usage WHERE user_id = ? AND hour >= ? AND hour < ?';
  const total = db.prepare(`SELECT ${sums} ${ofUser}`);
  const byOperation = db.prepare(
    `SELECT operation, ${sums} ${ofUser} GROUP BY operation ORDER BY requests DESC, operation LIMIT ?`,
  );
  // From one user to the next by the primary key, however many rows each has.
  const byUser = db.prepare(
    `WITH RECURSIVE page (user_id, number) AS (
       SELECT min(user_id), 1 FROM usage WHERE user_id > ?1
       UNION ALL
       SELECT (SELECT min(user_id) FROM usage WHERE usage.user_id > page.user_id), page.number + 1
       FROM page WHERE page.user_id IS NOT NULL AND page.number < ?4)
     SELECT page.user_id, users.user_name, ${sums}
     FROM page
     LEFT JOIN users ON users.id = page.user_id
     LEFT JOIN usage ON usage.user_id = page.user_id AND hour >= ?2 AND hour < ?3
     WHERE page.user_id IS NOT NULL GROUP BY page.number ORDER BY page.number`,
  );
  const quota = db.prepare('SELECT id, quota_per_day FROM users WHERE id = ?');
  const requestsSince = db.prepare('SELECT total(requests) AS requests FROM usage WHERE user_id = ? AND hour >= ?');
  const prune = db.prepare(
    `DELETE FROM usage WHERE (user_id, hour, operation) IN (
       SELECT user_id, hour, operation FROM usage WHERE hour < ? ORDER BY hour LIMIT ?)`,
  );
  const pruneWriters = db.prepare(
    'DELETE FROM usage_writers WHERE id IN (SELECT id FROM usage_writers WHERE written_at < ? LIMIT ?)',
  );

  return {
    addUsage: ({ writer, number, at, rows }) =>
      write(() => {
        if (claim.run(writer, number, at).changes === 0) return;
        for (const { userId, hour, operation, requests, errors, fields, milliseconds } of rows) {
          add.run(userId, hour, withoutNul(operation), requests, errors, fields, milliseconds);
        }
      }),
    sumUsage: ({ userId, from, to, limit }) =>
      read(() => ({
        total: toCounters(total.get(userId, from, to) as Row),
        operations: byOperation.all(userId, from, to, limit).map((row) => ({
          operation: row.operation as string,
          ...toCounters(row),
        })),
      })),
    listUsage: ({ from, to, after, limit }) =>
      read(() => {
        const users = byUser.all(after, from, to, limit).map((row) => ({
          userId: row.user_id as string,
          userName: row.user_name as string | null,
          ...toCounters(row),
        }));
        return { users: users.filter(hasUsage), next: users.length < limit ? undefined : users.at(-1)?.userId };
      }),
    readQuotas: ({ userIds, from }) =>
      read(() =>
        userIds.flatMap((userId) => {
          const user = quota.get(userId);
          if (!user) return [];
          const requests = requestsSince.get(userId, from)?.requests as number;
          return { userId, quotaPerDay: user.quota_per_day as number | null, requests };
        }),
      ),
    pruneUsage: ({ before, limit }) =>
      write(() => {
        pruneWriters.run(before, limit);
        return Number(prune.run(before, limit).changes);
      }),
  };
}

function toCounters(row: Row): UsageCounters {
  const { requests, errors, fields, milliseconds } = row as Record<string, number>;
  return { requests, errors, fields, milliseconds } as UsageCounters;
}
