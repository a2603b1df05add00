import { randomBytes } from 'node:crypto';
import { base64url } from '../../lib/base64url.js';
import type { SessionRecord, UserRecord } from '../../store/store.js';
import { canonicalUserName } from '../accounts/user-name.js';
import type { Domain, Origin, TokenSet } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import { createTokenSet } from './token-set.js';

export interface SignInCredentials {
  readonly userName: string;
  readonly password: string;
}

const maxUserAgent = 256;

/**
 * Exchanges an email address and a password for a new session's tokens. Unknown user, wrong password and
 * disabled user are one error at one cost. Throws INVALID_CREDENTIALS, PASSWORD_TOO_LONG or OVERLOADED.
 */
export async function signIn(domain: Domain, credentials: SignInCredentials, origin: Origin): Promise<TokenSet> {
  const user = await authenticate(domain, credentials);
  const session = newSession(domain, user.id, origin);
  const audit = {
    at: session.createdAt,
    action: 'session.signed_in',
    userId: user.id,
    sessionId: session.id,
    source: origin.source,
    detail: null,
  };
  // Refused where the user was disabled since the look-up.
  if ((await domain.store.addSession(session, audit)) === 'refused') throw new LatchkeyError('INVALID_CREDENTIALS');
  return createTokenSet(
    domain,
    { userId: user.id, scope: user.scope },
    { sessionId: session.id, generation: session.generation },
  );
}

async function authenticate(domain: Domain, { userName, password }: SignInCredentials): Promise<UserRecord> {
  const { store, passwordHashes, settings } = domain;
  if (Buffer.byteLength(password) > settings.passwordMaxBytes) throw new LatchkeyError('PASSWORD_TOO_LONG');
  const canonical = canonicalUserName(userName);
  const user = canonical === undefined ? undefined : await store.findUser(canonical);
  // Before any early exit: the time must not tell which addresses have an account.
  const good = await passwordHashes.verify(user?.passwordHash, password);
  if (!user || !good || user.disabledAt !== null) throw new LatchkeyError('INVALID_CREDENTIALS');
  if (passwordHashes.isOutdated(user.passwordHash)) {
    const to = await passwordHashes.hash(password);
    await store.replacePasswordHash({ userId: user.id, from: user.passwordHash, to });
  }
  return user;
}

function newSession({ clock, settings }: Domain, userId: string, { source, userAgent }: Origin): SessionRecord {
  const now = clock();
  return {
    id: base64url(randomBytes(16)),
    userId,
    generation: 0,
    createdAt: now,
    rotatedAt: now,
    idleExpiresAt: now + settings.sessionIdleLifetime,
    expiresAt: now + settings.sessionLifetime,
    revokedAt: null,
    revokedReason: null,
    source,
    userAgent: userAgent.slice(0, maxUserAgent),
  };
}
