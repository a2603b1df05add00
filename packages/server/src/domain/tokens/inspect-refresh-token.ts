import type { SessionRecord } from '../../store/store.js';
import type { Domain } from '../domain.js';
import { isRetry } from '../sessions/refresh.js';
import { parseRefreshToken } from '../sessions/refresh-token.js';
import { type Inspection, sessionStateOf } from './inspection.js';

/** Explains a refresh token. Rejects with StoreUnavailableError. */
export async function inspectRefreshToken(domain: Domain, token: string): Promise<Inspection> {
  const kind = 'refresh token';
  const content = parseRefreshToken(domain.refreshTokenKeys, token);
  if (!content) {
    const why = 'it was made with another secret, or was forged, changed or cut off';
    return { kind, verdict: 'not ours', why, isAuthentic: false, refreshWould: 'be refused' };
  }
  const { sessionId, generation: presented } = content;
  const { store, clock } = domain;
  const session = await store.findSession(sessionId);
  const user = session && (await store.findUserById(session.userId));
  const state = sessionStateOf(session, clock());
  return {
    kind,
    isAuthentic: true,
    ...(session && { claims: { sub: session.userId, ...(user && { scope: user.scope }) } }),
    issuedAt: presented === session?.generation ? session.rotatedAt : undefined,
    expiresAt: session && Math.min(session.idleExpiresAt, session.expiresAt),
    userName: user?.userName,
    session: { id: sessionId, state },
    generation: { presented, current: session?.generation },
    ...judgeRefresh(domain, presented, session, !user || user.disabledAt !== null),
  };
}

/** As `refresh` decides. */
function judgeRefresh(
  domain: Domain,
  presented: number,
  session: SessionRecord | undefined,
  isUserOut: boolean,
): Pick<Inspection, 'verdict' | 'why' | 'refreshWould'> {
  const now = domain.clock();
  const refused = { refreshWould: 'be refused' } as const;
  const state = sessionStateOf(session, now);
  if (!session) return { ...refused, verdict: 'expired', why: 'its session ended long ago' };
  if (state === 'expired') return { ...refused, verdict: 'expired', why: 'its session has expired' };
  if (state === 'ended')
    return { ...refused, verdict: 'revoked', why: `its session has ended: ${session.revokedReason}` };
  const isRepeat = isRetry(domain, session, presented, now);
  if (isUserOut && (isRepeat || presented === session.generation)) {
    return { ...refused, verdict: 'revoked', why: 'its user is disabled' };
  }
  if (presented === session.generation)
    return { refreshWould: 'rotate', verdict: 'good', why: 'it is the current one' };
  if (isRepeat) return { refreshWould: 'retry', verdict: 'good', why: 'it was used just now, and may be retried' };
  return { refreshWould: 'replay', verdict: 'revoked', why: 'it was used before, and another has taken its place' };
}
