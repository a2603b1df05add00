import { findUser } from '../accounts/find-user.js';
import type { Domain } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import { findLivingSession } from './find-living-session.js';
import { longestTokenLifetime, revocationOfUser } from './revocation-of-user.js';

export interface RevokedSession {
  readonly id: string;
  readonly userName: string;
}

export interface RevokedSessions {
  readonly userName: string;
  readonly sessionsEnded: number;
}

/** Ends any session, for the operator. Throws SESSION_NOT_FOUND for what is no session, or one that is over. */
export async function revokeSessionByOperator(domain: Domain, id: string): Promise<RevokedSession> {
  const { store, clock, revocations } = domain;
  const session = await findLivingSession(domain, id, longestTokenLifetime);
  const user = session && (await store.findUserById(session.userId));
  if (!user) throw new LatchkeyError('SESSION_NOT_FOUND');
  const at = clock();
  const ended = await store.revokeSession(
    { id, userId: user.id, at, reason: 'revoked_by_operator' },
    { at, action: 'session.revoked', userId: user.id, sessionId: id, source: 'operator', detail: null },
  );
  revocations.add(id);
  if (!ended) throw new LatchkeyError('SESSION_NOT_FOUND');
  return { id, userName: user.userName };
}

/** Ends every session of a user, for the operator. Throws USER_NAME_INVALID or USER_NOT_FOUND. */
export async function revokeSessionsByOperator(domain: Domain, name: string): Promise<RevokedSessions> {
  const { id: userId, userName } = await findUser(domain, name);
  const revocation = revocationOfUser(domain, userId, 'revoked_by_operator');
  const audit = { at: revocation.at, action: 'session.revoked', userId, sessionId: null, source: 'operator' };
  const ids = await domain.store.revokeUserSessions(revocation, { ...audit, detail: 'all' });
  for (const id of ids) domain.revocations.add(id);
  return { userName, sessionsEnded: ids.length };
}
