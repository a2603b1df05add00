import type { SessionRecord } from '../../store/store.js';
import type { Domain, Origin, TokenSet } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import { parseRefreshToken, type RefreshTokenContent } from './refresh-token.js';
import { createTokenSet } from './token-set.js';

export interface RefreshCredentials {
  readonly refreshToken: string;
}

const reused = 'refresh_token_reused';

/**
 * Exchanges a refresh token for the next pair of tokens (RFC 9700 §4.14.2, with a window for retries).
 * Throws REFRESH_TOKEN_INVALID, REFRESH_TOKEN_EXPIRED, REFRESH_TOKEN_REVOKED or REFRESH_TOKEN_REUSED.
 */
export async function refresh(domain: Domain, credentials: RefreshCredentials, origin: Origin): Promise<TokenSet> {
  const presented = parseRefreshToken(domain.refreshTokenKeys, credentials.refreshToken);
  if (!presented) throw new LatchkeyError('REFRESH_TOKEN_INVALID');
  const { sessionId, generation } = presented;
  const now = domain.clock();
  const idleExpiresAt = now + domain.settings.sessionIdleLifetime;

  const rotated = await domain.store.rotateSession({ id: sessionId, generation, now, idleExpiresAt });
  if (rotated) return createTokenSet(domain, rotated, { sessionId, generation: generation + 1 });

  const session = await domain.store.findSession(sessionId);
  assertLiving(session, now);
  if (isRetry(domain, session, generation, now)) return repeat(domain, session);
  // The current token of a living session, and yet refused: its user is disabled.
  if (generation === session.generation) throw new LatchkeyError('REFRESH_TOKEN_REVOKED');
  return endReusedSession(domain, presented, session, origin);
}

/** The MAC was good, so a session that is not there has been pruned since it ended. */
function assertLiving(session: SessionRecord | undefined, now: number): asserts session is SessionRecord {
  if (!session || Math.min(session.expiresAt, session.idleExpiresAt) <= now) {
    throw new LatchkeyError('REFRESH_TOKEN_EXPIRED');
  }
  if (session.revokedAt !== null) {
    throw new LatchkeyError(session.revokedReason === reused ? 'REFRESH_TOKEN_REUSED' : 'REFRESH_TOKEN_REVOKED');
  }
}

/** A caller whose answer was lost, or who raced with itself, presents the token just before the current one. */
export function isRetry(
  { settings }: Pick<Domain, 'settings'>,
  session: SessionRecord,
  generation: number,
  now: number,
): boolean {
  // Absolute: the clock of the node that rotated may be ahead, which must not widen the window.
  const age = Math.abs(now - session.rotatedAt);
  return generation === session.generation - 1 && age <= settings.refreshRetryWindow;
}

/** The same successor again: however many callers race, there is one chain. */
async function repeat(domain: Domain, { id, userId, generation }: SessionRecord): Promise<TokenSet> {
  const user = await domain.store.findUserById(userId);
  if (!user || user.disabledAt !== null) throw new LatchkeyError('REFRESH_TOKEN_REVOKED');
  return createTokenSet(domain, { userId, scope: user.scope }, { sessionId: id, generation });
}

/** Owner or thief, one of two holds a copy: nobody keeps the session. */
async function endReusedSession(
  { store, revocations, log, clock }: Domain,
  { sessionId, generation }: RefreshTokenContent,
  session: SessionRecord,
  { source }: Origin,
): Promise<never> {
  const at = clock();
  const { userId } = session;
  const detail = `generation ${generation} presented, ${session.generation} current`;
  await store.revokeSession(
    { id: sessionId, userId, at, reason: reused },
    { at, action: 'session.refresh_token_reused', userId, sessionId, source, detail },
  );
  revocations.add(sessionId);
  log.warn({ userId, sessionId, source, detail }, 'a refresh token was used twice; the session has been ended');
  throw new LatchkeyError('REFRESH_TOKEN_REUSED');
}
