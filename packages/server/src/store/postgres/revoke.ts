import type { AuditRecord, UserRevocation } from '../store.js';
import { auditIf, auditValues } from './audit.js';
import { recordChange, wakeOthers } from './changes.js';
import type { Connection, Statement } from './connection.js';

/** Ends the sessions that the part `target` names, and says so to the other nodes; parameters from $1: at, reason. */
const endSessions = `ended AS (
    UPDATE sessions SET revoked_at = $1, revoked_reason = $2
    FROM target WHERE sessions.id = target.id AND sessions.revoked_at IS NULL RETURNING sessions.id),
  ${recordChange('ended.id', '$1', 'ended')}`;

export const endSession: Statement = {
  name: 'latchkey_end_session',
  text: `WITH ended AS (
      UPDATE sessions SET revoked_at = $1, revoked_reason = $2
      WHERE id = $3 AND user_id = $4 AND revoked_at IS NULL RETURNING id),
    ${recordChange('ended.id', '$1', 'ended')},
    ${auditIf('ended', 5)}
    SELECT id, ${wakeOthers} FROM ended`,
};

// In the order of their ids: of two that end the same sessions at once none holds what the other waits for.
const sessionsOfUser = `target AS (
    SELECT id FROM sessions WHERE user_id = $3 AND revoked_at IS NULL AND expires_at > $4
    ORDER BY id FOR NO KEY UPDATE)`;

const endSessionsIfAny: Statement = {
  name: 'latchkey_end_sessions',
  text: `WITH ${sessionsOfUser}, ${endSessions}, ${auditIf('ended', 5)} SELECT id, ${wakeOthers} FROM ended`,
};

const endSessionsAlways: Statement = {
  name: 'latchkey_end_sessions_of_user',
  text: `WITH ${sessionsOfUser}, ${endSessions}, ${auditIf('(SELECT 1) AS always', 5)} SELECT id, ${wakeOthers} FROM ended`,
};

/** Ends the user's sessions and returns their ids. The audit gets its line in any case, or only where one ended. */
export async function endUserSessions(
  connection: Connection,
  { userId, at, reason, expiredBy }: UserRevocation,
  audit: AuditRecord,
  auditsAlways: boolean,
): Promise<readonly string[]> {
  const statement = auditsAlways ? endSessionsAlways : endSessionsIfAny;
  const { rows } = await connection.query(statement, [at, reason, userId, expiredBy, ...auditValues(audit)]);
  return rows.map((row) => row.id);
}
