import { randomUUID } from 'node:crypto';
import type { Domain } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import { assertAcceptablePassword } from './password-policy.js';
import { canonicalScope } from './scope.js';
import { canonicalUserName } from './user-name.js';

export interface NewUser {
  readonly userName: string;
  readonly password: string;
  /** Scope names with spaces between them. */
  readonly scope: string;
}

export interface AddedUser {
  readonly id: string;
  readonly userName: string;
  readonly scope: string;
}

/** Adds a user. Throws USER_NAME_INVALID, SCOPE_INVALID, PASSWORD_UNACCEPTABLE or USER_EXISTS. */
export async function addUser(domain: Domain, newUser: NewUser): Promise<AddedUser> {
  const userName = canonicalUserName(newUser.userName);
  if (userName === undefined) throw new LatchkeyError('USER_NAME_INVALID');
  const scope = canonicalScope(newUser.scope);
  if (scope === undefined) throw new LatchkeyError('SCOPE_INVALID');
  if (await domain.store.findUser(userName)) throw new LatchkeyError('USER_EXISTS');
  await assertAcceptablePassword(domain.settings, newUser.password, userName);

  const id = randomUUID();
  const passwordHash = await domain.passwordHashes.hash(newUser.password);
  const createdAt = domain.clock();
  const outcome = await domain.store.addUser(
    { id, userName, passwordHash, scope, createdAt, disabledAt: null, quotaPerDay: null },
    { at: createdAt, action: 'user.added', userId: id, sessionId: null, source: 'operator', detail: null },
  );
  if (outcome === 'exists') throw new LatchkeyError('USER_EXISTS');
  return { id, userName, scope };
}
