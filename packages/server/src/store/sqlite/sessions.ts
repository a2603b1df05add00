import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import { withoutNul } from '../../lib/without-nul.js';
import type { Admission, LiveSession, SessionRecord, Store } from '../store.js';
import type { AppendAudit } from './audit.js';
import type { GroupCommit } from './group-commit.js';
import type { Reader } from './reader.js';
import type { Revoke } from './revoke.js';
import { toSession } from './rows.js';

type SessionVerbs = Pick<
  Store,
  'addSession' | 'rotateSession' | 'findSession' | 'listSessions' | 'revokeSession' | 'revokeUserSessions'
>;

export function createSessions(
  db: DatabaseSync,
  { write }: GroupCommit,
  { read }: Reader,
  audit: AppendAudit,
  revoke: Revoke,
): SessionVerbs {
  const insert = db.prepare(
    `INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, idle_expires_at, expires_at, source, user_agent)
     SELECT ?, id, ?, ?, ?, ?, ?, ?, ? FROM users WHERE id = ? AND password_hash = ? AND disabled_at IS NULL`,
  );
  const rotate = db.prepare(
    `UPDATE sessions SET generation = generation + 1, rotated_at = ?2, idle_expires_at = min(?3, expires_at)
     WHERE id = ?1 AND generation = ?4 AND revoked_at IS NULL AND idle_expires_at > ?2 AND expires_at > ?2
       AND EXISTS (SELECT 1 FROM users WHERE id = user_id AND disabled_at IS NULL)
     RETURNING user_id AS userId, (SELECT scope FROM users WHERE id = user_id) AS scope`,
  );
  const byId = db.prepare('SELECT * FROM sessions WHERE id = ?');
  const livingOfUser = db.prepare(
    `SELECT * FROM sessions WHERE user_id = ?1 AND revoked_at IS NULL AND idle_expires_at > ?2 AND expires_at > ?2
     ORDER BY created_at DESC, id LIMIT ?3`,
  );
  const tooMany = db.prepare(
    `SELECT id FROM sessions
     WHERE user_id = ?1 AND revoked_at IS NULL AND idle_expires_at > ?2 AND expires_at > ?2 AND id <> ?3
     ORDER BY created_at DESC, id LIMIT ?5 OFFSET ?4 - 1`,
  );

  function endTooMany({ id: newId, userId, createdAt: at }: SessionRecord, admission: Admission): readonly string[] {
    // The new one is left out and counted: by the clock of another process it may be older than others.
    const rows = tooMany.all(userId, at, newId, admission.limit, admission.endAtMost);
    const ended = rows.map((row) => row.id as string);
    for (const id of ended) {
      revoke.session({ id, userId, at, reason: admission.reason });
      audit({ ...admission.endedAudit, sessionId: id });
    }
    return ended;
  }

  return {
    addSession: (s, admission, entry) =>
      write(() => {
        const { changes } = insert.run(
          s.id,
          s.generation,
          s.createdAt,
          s.rotatedAt,
          s.idleExpiresAt,
          s.expiresAt,
          withoutNul(s.source),
          withoutNul(s.userAgent),
          s.userId,
          admission.passwordHash,
        );
        if (changes === 0) return 'refused';
        audit(entry);
        return { ended: endTooMany(s, admission) };
      }),
    // Nothing is checked for a NUL: the id is one of ours, for it came in a token that we signed or sealed.
    rotateSession: ({ id, generation, now, idleExpiresAt }) =>
      write(() => rotate.get(id, now, idleExpiresAt, generation) as LiveSession | undefined),
    findSession: (id) =>
      read(() => {
        const row = byId.get(withoutNul(id));
        return row && toSession(row);
      }),
    listSessions: ({ userId, now, limit }) => read(() => livingOfUser.all(userId, now, limit).map(toSession)),
    revokeSession: (revocation, entry) =>
      write(() => {
        if (!revoke.session(revocation)) return false;
        audit(entry);
        return true;
      }),
    revokeUserSessions: (revocation, entry) =>
      write(() => {
        const ids = revoke.sessionsOfUser(revocation);
        if (ids.length > 0) audit(entry);
        return ids;
      }),
  };
}
