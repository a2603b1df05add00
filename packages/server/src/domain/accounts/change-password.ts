import type { Domain } from '../domain.js';
import { revocationOfUser } from '../sessions/revocation-of-user.js';
import { findUser } from './find-user.js';
import { assertAcceptablePassword } from './password-policy.js';

export interface ChangedPassword {
  readonly userName: string;
  /** Whether the user may not sign in all the same. */
  readonly isDisabled: boolean;
  readonly sessionsEnded: number;
}

/**
 * Gives the user another password, and ends every session: whoever knew the old one is out.
 * Throws USER_NAME_INVALID, USER_NOT_FOUND or PASSWORD_UNACCEPTABLE.
 */
export async function changePassword(
  domain: Domain,
  { userName: name, password }: { readonly userName: string; readonly password: string },
): Promise<ChangedPassword> {
  const { id: userId, userName, disabledAt } = await findUser(domain, name);
  await assertAcceptablePassword(domain.settings, password, userName);
  const passwordHash = await domain.passwordHashes.hash(password);
  const revocation = revocationOfUser(domain, userId, 'password_changed');
  const { at } = revocation;
  const audit = { at, action: 'user.password_changed', userId, sessionId: null, source: 'operator', detail: null };
  const ids = await domain.store.changePassword({ ...revocation, passwordHash }, audit);
  for (const id of ids) domain.revocations.add(id);
  return { userName, isDisabled: disabledAt !== null, sessionsEnded: ids.length };
}
