import type { Domain, Origin } from '../domain.js';
import type { Claims } from '../tokens/access-tokens.js';
import { findLivingSession } from './find-living-session.js';
import type { SignOutResult } from './sign-out.js';

/**
 * Ends one of the caller's own sessions: its access tokens are refused from now on. An id that is unknown, of a
 * session that is over or of somebody else's gives the same answer, so that nobody can try ids.
 */
export async function revokeSession(
  domain: Domain,
  { userId, sessionId }: Claims,
  id: string,
  { source }: Origin,
): Promise<SignOutResult> {
  const session = await findLivingSession(domain, id, domain.settings.accessTokenLifetime);
  if (session?.userId !== userId) return { sessionsEnded: 0 };
  const at = domain.clock();
  // Which of the sessions did it: after a theft, that is the question.
  const detail = session.id === sessionId ? null : `by session ${sessionId}`;
  const ended = await domain.store.revokeSession(
    { id: session.id, userId, at, reason: 'revoked_by_user' },
    { at, action: 'session.revoked', userId, sessionId: session.id, source, detail },
  );
  // Its own id, not as the caller wrote it: no token has that.
  domain.revocations.add(session.id);
  return { sessionsEnded: ended ? 1 : 0 };
}
