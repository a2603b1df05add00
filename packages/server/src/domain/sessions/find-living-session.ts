import type { SessionRecord } from '../../store/store.js';
import type { Domain } from '../domain.js';

/** base64url of 16 bytes. */
const shape = /^[\w-]{22}$/;

/**
 * The session of that id of which an access token that lives `tokenLifetime` milliseconds may still be good: undefined
 * if there is none, or if it has ended or expired. A caller may send anything as an id, of any length, and PostgreSQL refuses text with a NUL: what no id
 * looks like never reaches the store.
 */
export async function findLivingSession(
  { store, clock }: Pick<Domain, 'store' | 'clock'>,
  id: string,
  tokenLifetime: number,
): Promise<SessionRecord | undefined> {
  if (!shape.test(id)) return undefined;
  const session = await store.findSession(id);
  if (!session || session.revokedAt !== null) return undefined;
  // The last access token of a session may outlive it.
  const outlivedAt = Math.min(session.idleExpiresAt, session.expiresAt) + tokenLifetime;
  return outlivedAt > clock() ? session : undefined;
}
