import type { SessionRecord, UserRecord } from '../../store/store.js';
import { canonicalUserName } from '../accounts/user-name.js';
import type { Domain, Origin, TokenSet } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import { drawSessionId } from './session-id.js';
import { createTokenSet } from './token-set.js';

export interface SignInCredentials {
  readonly userName: string;
  readonly password: string;
}

const maxUserAgent = 256;

/** A sign-in ends one session, or a few after others at the same moment; more only after the limit was lowered. */
const endAtMost = 100;

/**
 * Exchanges an email address and a password for a new session's tokens. Unknown user, wrong password and
 * disabled user are one error at one cost. Throws INVALID_CREDENTIALS, PASSWORD_TOO_LONG or OVERLOADED.
 */
export async function signIn(domain: Domain, credentials: SignInCredentials, origin: Origin): Promise<TokenSet> {
  // The store refuses where the user has changed since the look-up: disabled, or with another password (which may be
  // the same one under newer parameters). The second time decides.
  const tokens = (await trySignIn(domain, credentials, origin)) ?? (await trySignIn(domain, credentials, origin));
  if (!tokens) throw new LatchkeyError('INVALID_CREDENTIALS');
  return tokens;
}

async function trySignIn(
  domain: Domain,
  credentials: SignInCredentials,
  origin: Origin,
): Promise<TokenSet | undefined> {
  const { id: userId, scope, passwordHash } = await authenticate(domain, credentials);
  const session = newSession(domain, userId, origin);
  const audit = {
    at: session.createdAt,
    action: 'session.signed_in',
    userId,
    sessionId: session.id,
    source: origin.source,
    detail: null,
  };
  const added = await domain.store.addSession(
    session,
    {
      passwordHash,
      // Else whoever knows a password makes so many that the user can hardly be disabled: ending 250,000 takes seconds.
      limit: domain.settings.sessionsPerUser,
      endAtMost,
      reason: 'too_many_sessions',
      endedAudit: { ...audit, action: 'session.ended_as_too_many', detail: `by session ${session.id}` },
    },
    audit,
  );
  if (added === 'refused') return undefined;
  for (const id of added.ended) domain.revocations.add(id);
  return createTokenSet(domain, { userId, scope }, { sessionId: session.id, generation: session.generation });
}

/** The user, with the password hash that the store has from now on. */
async function authenticate(domain: Domain, { userName, password }: SignInCredentials): Promise<UserRecord> {
  const { store, passwordHashes, settings } = domain;
  if (Buffer.byteLength(password) > settings.passwordMaxBytes) throw new LatchkeyError('PASSWORD_TOO_LONG');
  const canonical = canonicalUserName(userName);
  const user = canonical === undefined ? undefined : await store.findUser(canonical);
  // Before any early exit: the time must not tell which addresses have an account.
  const good = await passwordHashes.verify(user?.passwordHash, password);
  if (!user || !good || user.disabledAt !== null) throw new LatchkeyError('INVALID_CREDENTIALS');
  if (!passwordHashes.isOutdated(user.passwordHash)) return user;
  const passwordHash = await passwordHashes.hash(password);
  await store.replacePasswordHash({ userId: user.id, from: user.passwordHash, to: passwordHash });
  return { ...user, passwordHash };
}

function newSession({ clock, settings }: Domain, userId: string, { source, userAgent }: Origin): SessionRecord {
  const now = clock();
  return {
    id: drawSessionId(),
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
