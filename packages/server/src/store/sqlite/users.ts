import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import { withoutNul } from '../../lib/without-nul.js';
import type { Store } from '../store.js';
import type { AppendAudit } from './audit.js';
import type { GroupCommit } from './group-commit.js';
import type { Reader } from './reader.js';
import type { Revoke } from './revoke.js';
import { toUser } from './rows.js';

type UserVerbs = Pick<
  Store,
  | 'addUser'
  | 'findUser'
  | 'findUserById'
  | 'listUsers'
  | 'replacePasswordHash'
  | 'disableUser'
  | 'enableUser'
  | 'changePassword'
  | 'setQuota'
  | 'hasQuotas'
>;

export function createUsers(
  db: DatabaseSync,
  { write }: GroupCommit,
  { read }: Reader,
  audit: AppendAudit,
  revoke: Revoke,
): UserVerbs {
  const insert = db.prepare(
    `INSERT INTO users (id, user_name, password_hash, scope, created_at, disabled_at, quota_per_day)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user_name) DO NOTHING`,
  );
  const byName = db.prepare('SELECT * FROM users WHERE user_name = ?');
  const byId = db.prepare('SELECT * FROM users WHERE id = ?');
  const page = db.prepare('SELECT * FROM users WHERE user_name > ? ORDER BY user_name LIMIT ?');
  const replaceHash = db.prepare('UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?');
  const disable = db.prepare('UPDATE users SET disabled_at = ? WHERE id = ? AND disabled_at IS NULL');
  const enable = db.prepare('UPDATE users SET disabled_at = NULL WHERE id = ?');
  const setHash = db.prepare('UPDATE users SET password_hash = ? WHERE id = ?');
  const setQuota = db.prepare('UPDATE users SET quota_per_day = ? WHERE id = ?');
  const anyQuota = db.prepare('SELECT 1 FROM users WHERE quota_per_day IS NOT NULL LIMIT 1');

  return {
    addUser: ({ id, userName, passwordHash, scope, createdAt, disabledAt, quotaPerDay }, entry) =>
      write(() => {
        const values = [id, withoutNul(userName), passwordHash, withoutNul(scope), createdAt, disabledAt, quotaPerDay];
        if (insert.run(...values).changes === 0) return 'exists';
        audit(entry);
        return 'added';
      }),
    findUser: (userName) => read(() => optional(byName.get(withoutNul(userName)))),
    findUserById: (id) => read(() => optional(byId.get(withoutNul(id)))),
    listUsers: ({ after, limit }) => read(() => page.all(withoutNul(after), limit).map(toUser)),
    replacePasswordHash: ({ userId, from, to }) =>
      write(() => {
        replaceHash.run(to, userId, from);
      }),
    disableUser: (revocation, entry) =>
      write(() => {
        disable.run(revocation.at, revocation.userId);
        audit(entry);
        return revoke.sessionsOfUser(revocation);
      }),
    enableUser: (userId, entry) =>
      write(() => {
        enable.run(userId);
        audit(entry);
      }),
    changePassword: ({ passwordHash, ...revocation }, entry) =>
      write(() => {
        setHash.run(passwordHash, revocation.userId);
        audit(entry);
        return revoke.sessionsOfUser(revocation);
      }),
    setQuota: ({ userId, quotaPerDay }, entry) =>
      write(() => {
        setQuota.run(quotaPerDay, userId);
        audit(entry);
      }),
    hasQuotas: () => read(() => anyQuota.get() !== undefined),
  };
}

function optional(row: Record<string, unknown> | undefined) {
  return row && toUser(row);
}
