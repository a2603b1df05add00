import type { UserRecord } from '../../store/store.js';
import type { Domain } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import { canonicalUserName } from './user-name.js';

/** The user of that address, however it is spelled. Throws USER_NAME_INVALID or USER_NOT_FOUND. */
export async function findUser({ store }: Pick<Domain, 'store'>, userName: string): Promise<UserRecord> {
  const canonical = canonicalUserName(userName);
  if (canonical === undefined) throw new LatchkeyError('USER_NAME_INVALID');
  const user = await store.findUser(canonical);
  if (!user) throw new LatchkeyError('USER_NOT_FOUND');
  return user;
}
