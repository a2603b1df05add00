import type { UserRevocation } from '../../store/store.js';
import type { Domain } from '../domain.js';

/** The longest that an access token can be set to live. */
const longestLifetime = 86_400_000;

/**
 * What ends all sessions of a user. Also of a session that has expired, the last access token may still be good; and
 * a command need not know the lifetime that the server was started with, so the longest counts.
 */
export function revocationOfUser({ clock }: Pick<Domain, 'clock'>, userId: string, reason: string): UserRevocation {
  const at = clock();
  return { userId, at, reason, expiredBy: at - longestLifetime };
}
