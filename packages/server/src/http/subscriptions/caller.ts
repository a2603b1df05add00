import type { Claims } from '../../domain/tokens/access-tokens.js';
import { networkOf } from '../../lib/network.js';

/** Who open connections are counted for: the user, or without a token the network that they come from. */
export function callerOf(claims: Claims | undefined, source: string): string {
  return claims ? `user ${claims.userId}` : `source ${networkOf(source)}`;
}
