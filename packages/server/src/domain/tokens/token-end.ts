import type { Domain } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import type { Claims } from './access-tokens.js';

/** Why a token that was good is good no more: TOKEN_EXPIRED, TOKEN_REVOKED, or undefined while it is. Costs a map look-up. */
export function findTokenEnd(
  { clock, revocations }: Pick<Domain, 'clock' | 'revocations'>,
  { expiresAt, sessionId }: Claims,
): LatchkeyError | undefined {
  if (expiresAt <= clock()) return new LatchkeyError('TOKEN_EXPIRED');
  return revocations.has(sessionId) ? new LatchkeyError('TOKEN_REVOKED') : undefined;
}

/** How many sessions are asked for at a time. */
const atOnce = 8;

/**
 * Which of these sessions the store says have ended. To be asked only while the revocations are too many for the
 * memory. Rejects with the store's error.
 */
export async function findEndedSessions(
  { store }: Pick<Domain, 'store'>,
  sessionIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const ended = new Set<string>();
  for (let i = 0; i < sessionIds.length; i += atOnce) {
    const some = sessionIds.slice(i, i + atOnce);
    const sessions = await Promise.all(some.map((id) => store.findSession(id)));
    for (const [j, session] of sessions.entries()) if (session?.revokedAt !== null) ended.add(some[j] as string);
  }
  return ended;
}
