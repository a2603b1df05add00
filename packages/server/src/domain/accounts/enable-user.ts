import type { Domain } from '../domain.js';
import { findUser } from './find-user.js';

export interface EnabledUser {
  readonly userName: string;
  /** False if the user was not disabled: nothing has changed. */
  readonly wasDisabled: boolean;
}

/** Lets a disabled user sign in again; sessions that ended stay so. Throws USER_NAME_INVALID or USER_NOT_FOUND. */
export async function enableUser(domain: Domain, name: string): Promise<EnabledUser> {
  const { id: userId, userName, disabledAt } = await findUser(domain, name);
  if (disabledAt === null) return { userName, wasDisabled: false };
  const audit = { at: domain.clock(), action: 'user.enabled', userId, sessionId: null, source: 'operator' };
  await domain.store.enableUser(userId, { ...audit, detail: null });
  return { userName, wasDisabled: true };
}
