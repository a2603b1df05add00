import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import type { Store } from '../store.js';
import type { AppendAudit } from './audit.js';
import type { GroupCommit } from './group-commit.js';
import type { Reader } from './reader.js';
import { toUser } from './rows.js';

type UserVerbs = Pick<Store, 'addUser' | 'findUser' | 'findUserById' | 'listUsers' | 'replacePasswordHash'>;

export function createUsers(db: DatabaseSync, { write }: GroupCommit, { read }: Reader, audit: AppendAudit): UserVerbs {
  const insert = db.prepare(
    `INSERT INTO users (id, user_name, password_hash, scope, created_at, disabled_at)
     VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (user_name) DO NOTHING`,
  );
  const byName = db.prepare('SELECT * FROM users WHERE user_name = ?');
  const byId = db.prepare('SELECT * FROM users WHERE id = ?');
  const page = db.prepare('SELECT * FROM users WHERE user_name > ? ORDER BY user_name LIMIT ?');
  const replaceHash = db.prepare('UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?');

  return {
    addUser: ({ id, userName, passwordHash, scope, createdAt, disabledAt }, entry) =>
      write(() => {
        if (insert.run(id, userName, passwordHash, scope, createdAt, disabledAt).changes === 0) return 'exists';
        audit(entry);
        return 'added';
      }),
    findUser: (userName) => read(() => optional(byName.get(userName))),
    findUserById: (id) => read(() => optional(byId.get(id))),
    listUsers: ({ after, limit }) => read(() => page.all(after, limit).map(toUser)),
    replacePasswordHash: ({ userId, from, to }) =>
      write(() => {
        replaceHash.run(to, userId, from);
      }),
  };
}

function optional(row: Record<string, unknown> | undefined) {
  return row && toUser(row);
}
