import type { AuditRecord, Store, UserRevocation } from '../store.js';
import { auditIf, auditValues } from './audit.js';
import type { Connection, Statement } from './connection.js';
import type { Connections } from './connections.js';
import { endUserSessions } from './revoke.js';
import { toUser, userColumns } from './rows.js';
import { inTransaction } from './transaction.js';

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

const insert: Statement = {
  name: 'latchkey_add_user',
  text: `WITH added AS (
      INSERT INTO users (${userColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7)
      ON CONFLICT (user_name) DO NOTHING RETURNING id),
    ${auditIf('added', 8)}
    SELECT id FROM added`,
};

const byName: Statement = {
  name: 'latchkey_user_by_name',
  text: `SELECT ${userColumns} FROM users WHERE user_name = $1`,
};

const byId: Statement = {
  name: 'latchkey_user',
  text: `SELECT ${userColumns} FROM users WHERE id = $1`,
};

const page: Statement = {
  name: 'latchkey_users',
  text: `SELECT ${userColumns} FROM users WHERE user_name > $1 ORDER BY user_name LIMIT $2`,
};

const replaceHash: Statement = {
  name: 'latchkey_replace_password_hash',
  text: 'UPDATE users SET password_hash = $1 WHERE id = $2 AND password_hash = $3',
};

const enable: Statement = {
  name: 'latchkey_enable_user',
  text: `WITH enabled AS (UPDATE users SET disabled_at = NULL WHERE id = $1),
    ${auditIf('(SELECT 1) AS always', 2)}
    SELECT 1`,
};

// Also where it is set already: the row has to be locked.
const disable: Statement = {
  name: 'latchkey_disable_user',
  text: 'UPDATE users SET disabled_at = coalesce(disabled_at, $1) WHERE id = $2',
};

const setHash: Statement = {
  name: 'latchkey_set_password_hash',
  text: 'UPDATE users SET password_hash = $1 WHERE id = $2',
};

const setQuota: Statement = {
  name: 'latchkey_set_quota',
  text: `WITH changed AS (UPDATE users SET quota_per_day = $1 WHERE id = $2),
    ${auditIf('(SELECT 1) AS always', 3)}
    SELECT 1`,
};

const anyQuota: Statement = {
  name: 'latchkey_any_quota',
  text: 'SELECT EXISTS (SELECT 1 FROM users WHERE quota_per_day IS NOT NULL) AS "isThere"',
};

/** `transactions` are connections that nobody shares: whoever waits for a lock there keeps nobody waiting. */
export function createUsers({ run }: Connections, transactions: Connections): UserVerbs {
  /**
   * Two statements, and not parts of one: the second has to see what was committed while the first waited for the
   * user's row, which is every session that slipped in.
   */
  const lockOut = (change: Statement, value: unknown, revocation: UserRevocation, entry: AuditRecord) =>
    transactions.run((connection: Connection) =>
      inTransaction(connection, async () => {
        await connection.query(change, [value, revocation.userId]);
        return endUserSessions(connection, revocation, entry, true);
      }),
    );

  const find = (statement: Statement, key: string) =>
    run(async (connection) => {
      const [row] = (await connection.query(statement, [key])).rows;
      return row && toUser(row);
    });

  return {
    addUser: ({ id, userName, passwordHash, scope, createdAt, disabledAt, quotaPerDay }, entry) =>
      run(async (connection) => {
        const values = [id, userName, passwordHash, scope, createdAt, disabledAt, quotaPerDay, ...auditValues(entry)];
        return (await connection.query(insert, values)).rows.length > 0 ? 'added' : 'exists';
      }),
    findUser: (userName) => find(byName, userName),
    findUserById: (id) => find(byId, id),
    listUsers: ({ after, limit }) =>
      run(async (connection) => (await connection.query(page, [after, limit])).rows.map(toUser)),
    replacePasswordHash: ({ userId, from, to }) =>
      run(async (connection) => void (await connection.query(replaceHash, [to, userId, from]))),
    disableUser: (revocation, entry) => lockOut(disable, revocation.at, revocation, entry),
    enableUser: (userId, entry) =>
      run(async (connection) => void (await connection.query(enable, [userId, ...auditValues(entry)]))),
    setQuota: ({ userId, quotaPerDay }, entry) =>
      run(async (connection) => void (await connection.query(setQuota, [quotaPerDay, userId, ...auditValues(entry)]))),
    hasQuotas: () => run(async (connection) => (await connection.query(anyQuota, [])).rows[0]?.isThere),
    changePassword: ({ passwordHash, ...revocation }, entry) => lockOut(setHash, passwordHash, revocation, entry),
  };
}
