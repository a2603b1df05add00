import type { Domain } from '../domain.js';
import { revocationOfUser } from '../sessions/revocation-of-user.js';
import { findUser } from './find-user.js';

export interface DisabledUser {
  readonly userName: string;
  /** The user was disabled before: nothing has changed. */
  readonly wasDisabled: boolean;
  readonly sessionsEnded: number;
}

/**
 * Lets the user sign in no more, and ends every session: the access tokens are refused from now on.
 * Throws USER_NAME_INVALID or USER_NOT_FOUND.
 */
export async function disableUser(domain: Domain, name: string): Promise<DisabledUser> {
  const { id: userId, userName, disabledAt } = await findUser(domain, name);
  if (disabledAt !== null) return { userName, wasDisabled: true, sessionsEnded: 0 };
  const revocation = revocationOfUser(domain, userId, 'user_disabled');
  const { at } = revocation;
  const audit = { at, action: 'user.disabled', userId, sessionId: null, source: 'operator', detail: null };
  const ids = await domain.store.disableUser(revocation, audit);
  for (const id of ids) domain.revocations.add(id);
  return { userName, wasDisabled: false, sessionsEnded: ids.length };
}
