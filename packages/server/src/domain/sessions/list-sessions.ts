import type { SessionRecord } from '../../store/store.js';
import type { Domain } from '../domain.js';

/** The user's sessions that have neither ended nor expired, the newest first, at most `limit`. */
export function listSessions(
  { store, clock }: Pick<Domain, 'store' | 'clock'>,
  { userId, limit }: { readonly userId: string; readonly limit: number },
): Promise<readonly SessionRecord[]> {
  return store.listSessions({ userId, now: clock(), limit });
}
