import type { UserRevocation } from '../../store/store.js';
import type { Domain } from '../domain.js';

/** The longest that an access token can be set to live: a command need not know the setting of the servers. */
export const longestTokenLifetime = 86_400_000;

/** What ends all sessions of a user. Also of a session that has expired, the last access token may still be good. */
export function revocationOfUser({ clock }: Pick<Domain, 'clock'>, userId: string, reason: string): UserRevocation {
  const at = clock();
  return { userId, at, reason, expiredBy: at - longestTokenLifetime };
}
