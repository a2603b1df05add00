import type { SessionRecord } from '../../store/store.js';
import type { Domain } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import type { Claims } from '../tokens/access-tokens.js';

// Claims live as long as their token is remembered, and nothing changes a user's name: one look-up for each.
// Measured: the read was a fifth of a request for `viewer`.
const userNames = new WeakMap<Claims, string>();

/** The address of the user behind a token. Throws TOKEN_REVOKED if the user is gone. */
export function getUserName(domain: Pick<Domain, 'store'>, claims: Claims): string | Promise<string> {
  return userNames.get(claims) ?? findUserName(domain, claims);
}

async function findUserName({ store }: Pick<Domain, 'store'>, claims: Claims): Promise<string> {
  const user = await store.findUserById(claims.userId);
  if (!user) throw new LatchkeyError('TOKEN_REVOKED');
  userNames.set(claims, user.userName);
  return user.userName;
}

/** The session behind a token. Throws TOKEN_REVOKED if the session is gone. */
export async function getViewerSession({ store }: Domain, { sessionId }: Claims): Promise<SessionRecord> {
  const session = await store.findSession(sessionId);
  if (!session) throw new LatchkeyError('TOKEN_REVOKED');
  return session;
}
