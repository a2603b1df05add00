import type { SessionRecord, UserRecord } from '../../store/store.js';
import type { Domain } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import type { Claims } from '../tokens/access-tokens.js';

/** The user behind a token. Throws TOKEN_REVOKED if the user is gone. */
export async function getViewerUser({ store }: Domain, { userId }: Claims): Promise<UserRecord> {
  const user = await store.findUserById(userId);
  if (!user) throw new LatchkeyError('TOKEN_REVOKED');
  return user;
}

/** The session behind a token. Throws TOKEN_REVOKED if the session is gone. */
export async function getViewerSession({ store }: Domain, { sessionId }: Claims): Promise<SessionRecord> {
  const session = await store.findSession(sessionId);
  if (!session) throw new LatchkeyError('TOKEN_REVOKED');
  return session;
}
