import type { LiveSession, Store } from '../store.js';
import { auditIf, auditValues } from './audit.js';
import { recordChange, wakeOthers } from './changes.js';
import type { Statement } from './connection.js';
import type { Connections } from './connections.js';
import { endSession, endUserSessions } from './revoke.js';
import { sessionColumns, toSession } from './rows.js';

type SessionVerbs = Pick<
  Store,
  'addSession' | 'rotateSession' | 'findSession' | 'listSessions' | 'revokeSession' | 'revokeUserSessions'
>;

// FOR SHARE: whoever disables the user or changes the password waits for this session, and then sees it and ends it.
// The lock that the foreign key takes by itself does not stop an UPDATE of other columns.
// The parts all see what was there before: the new session is not among those that could end, and is counted by the
// "- 1". Nor are those of other sign-ins at this moment, so that a few too many may stay until the next. SKIP LOCKED:
// a row that somebody holds is left for the next too, and no sign-in waits for it.
const insert: Statement = {
  name: 'latchkey_add_session',
  text: `WITH owner AS (
      SELECT id FROM users WHERE id = $9 AND password_hash = $10 AND disabled_at IS NULL FOR SHARE),
    added AS (
      INSERT INTO sessions
        (id, user_id, generation, created_at, rotated_at, idle_expires_at, expires_at, source, user_agent)
      SELECT $1::TEXT, id, $2::BIGINT, $3::BIGINT, $4::BIGINT, $5::BIGINT, $6::BIGINT, $7::TEXT, $8::TEXT FROM owner
      RETURNING id),
    ${auditIf('added', 11)},
    target AS (
      SELECT id FROM sessions
      WHERE revoked_at IS NULL AND id = ANY (ARRAY(
        SELECT id FROM sessions
        WHERE user_id = (SELECT id FROM owner) AND revoked_at IS NULL AND idle_expires_at > $3 AND expires_at > $3
        ORDER BY created_at DESC, id LIMIT $18::BIGINT OFFSET $17::BIGINT - 1))
      FOR NO KEY UPDATE SKIP LOCKED),
    ended AS (
      UPDATE sessions SET revoked_at = $3, revoked_reason = $19
      WHERE id = ANY (ARRAY(SELECT id FROM target)) AND revoked_at IS NULL RETURNING id),
    ${recordChange('ended.id', '$3', 'ended')},
    audited_ended AS (
      INSERT INTO audit (at, action, user_id, session_id, source, detail)
      SELECT $20::BIGINT, $21::TEXT, $22::TEXT, id, $23::TEXT, $24::TEXT FROM ended)
    SELECT ended.id AS ended, CASE WHEN ended.id IS NOT NULL THEN ${wakeOthers} END
    FROM added LEFT JOIN ended ON TRUE`,
};

// Of any that come at once the row's lock lets one through at a time, and each then looks again at what it finds. A
// user who is being disabled may still be seen as enabled: then the session is ended behind this, or before it, and
// this comes to nothing.
const rotate: Statement = {
  name: 'latchkey_rotate_session',
  text: `UPDATE sessions
    SET generation = generation + 1, rotated_at = $2, idle_expires_at = least($3, sessions.expires_at)
    FROM users
    WHERE sessions.id = $1 AND generation = $4 AND revoked_at IS NULL AND idle_expires_at > $2 AND expires_at > $2
      AND users.id = sessions.user_id AND disabled_at IS NULL
    RETURNING user_id AS "userId", scope`,
};

const byId: Statement = {
  name: 'latchkey_session',
  text: `SELECT ${sessionColumns} FROM sessions WHERE id = $1`,
};

const livingOfUser: Statement = {
  name: 'latchkey_sessions',
  text: `SELECT ${sessionColumns} FROM sessions
    WHERE user_id = $1 AND revoked_at IS NULL AND idle_expires_at > $2 AND expires_at > $2
    ORDER BY created_at DESC, id LIMIT $3`,
};

export function createSessions({ run }: Connections): SessionVerbs {
  return {
    addSession: (s, { passwordHash, limit, endAtMost, reason, endedAudit }, entry) =>
      run(async (connection) => {
        const { rows } = await connection.query(insert, [
          s.id,
          s.generation,
          s.createdAt,
          s.rotatedAt,
          s.idleExpiresAt,
          s.expiresAt,
          s.source,
          s.userAgent,
          s.userId,
          passwordHash,
          ...auditValues(entry),
          limit,
          endAtMost,
          reason,
          endedAudit.at,
          endedAudit.action,
          endedAudit.userId,
          endedAudit.source,
          endedAudit.detail,
        ]);
        return rows.length > 0 ? { ended: rows.flatMap((row) => row.ended ?? []) } : 'refused';
      }),
    rotateSession: ({ id, generation, now, idleExpiresAt }) =>
      run(async (connection) => {
        const { rows } = await connection.query(rotate, [id, now, idleExpiresAt, generation]);
        return rows[0] as LiveSession | undefined;
      }),
    findSession: (id) =>
      run(async (connection) => {
        const [row] = (await connection.query(byId, [id])).rows;
        return row && toSession(row);
      }),
    listSessions: ({ userId, now, limit }) =>
      run(async (connection) => (await connection.query(livingOfUser, [userId, now, limit])).rows.map(toSession)),
    revokeSession: ({ id, userId, at, reason }, entry) =>
      run(async (connection) => {
        const { rows } = await connection.query(endSession, [at, reason, id, userId, ...auditValues(entry)]);
        return rows.length > 0;
      }),
    revokeUserSessions: (revocation, entry) =>
      run((connection) => endUserSessions(connection, revocation, entry, false)),
  };
}
