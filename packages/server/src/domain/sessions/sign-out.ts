import type { Domain, Origin } from '../domain.js';
import type { Claims } from '../tokens/access-tokens.js';

export interface SignOutResult {
  /** How many sessions this call has ended. */
  readonly sessionsEnded: number;
}

/** Ends the session of the token, or every session of its user. Their access tokens are refused from now on. */
export async function signOut(
  { store, clock, revocations, settings }: Domain,
  { userId, sessionId }: Claims,
  { everywhere }: { readonly everywhere: boolean },
  { source }: Origin,
): Promise<SignOutResult> {
  const at = clock();
  const action = everywhere ? 'session.signed_out_everywhere' : 'session.signed_out';
  const audit = { at, action, userId, sessionId, source, detail: null };
  const revocation = { at, reason: 'signed_out' };
  if (!everywhere) {
    const ended = await store.revokeSession({ ...revocation, id: sessionId, userId }, audit);
    revocations.add(sessionId);
    return { sessionsEnded: ended ? 1 : 0 };
  }
  // Also of a session that has expired, the last access token may still be good.
  const expiredBy = at - settings.accessTokenLifetime;
  const ids = await store.revokeUserSessions({ ...revocation, userId, expiredBy }, audit);
  for (const id of ids) revocations.add(id);
  return { sessionsEnded: ids.length };
}
