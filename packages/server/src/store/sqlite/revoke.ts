import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import { withoutNul } from '../../lib/without-nul.js';
import type { SessionRevocation, UserRevocation } from '../store.js';

/** Ends sessions and records that they ended, for the other processes; to be called inside a transaction. */
export interface Revoke {
  session(revocation: SessionRevocation): boolean;
  sessionsOfUser(revocation: UserRevocation): readonly string[];
}

export function createRevoke(db: DatabaseSync): Revoke {
  const one = db.prepare(
    'UPDATE sessions SET revoked_at = ?, revoked_reason = ? WHERE id = ? AND user_id = ? AND revoked_at IS NULL',
  );
  const allOfUser = db.prepare(
    `UPDATE sessions SET revoked_at = ?, revoked_reason = ?
     WHERE user_id = ? AND revoked_at IS NULL AND expires_at > ? RETURNING id`,
  );
  const record = db.prepare('INSERT INTO changes (at, session_id) VALUES (?, ?)');

  return {
    session({ id, userId, at, reason }) {
      if (one.run(at, reason, withoutNul(id), userId).changes === 0) return false;
      record.run(at, id);
      return true;
    },
    sessionsOfUser({ userId, at, reason, expiredBy }) {
      const ids = allOfUser.all(at, reason, userId, expiredBy).map((row) => row.id as string);
      for (const id of ids) record.run(at, id);
      return ids;
    },
  };
}
