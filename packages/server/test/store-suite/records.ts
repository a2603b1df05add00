import { randomUUID } from 'node:crypto';
import type {
  Admission,
  AuditRecord,
  SessionRecord,
  SigningKeyRecord,
  Store,
  UserRecord,
} from '../../src/store/store.js';

/** The time in these tests, in milliseconds; what happens before or after is written as a difference from it. */
export const now = Date.UTC(2030, 0, 1);
export const hour = 3_600_000;

/** The password hash of a user unless a test gives another. */
export const passwordHash = '$argon2id$v=19$m=19456,t=2,p=1$salt$hash';

export function makeUser(fields: Partial<UserRecord> = {}): UserRecord {
  const id = randomUUID();
  return {
    id,
    userName: `${id}@example.com`,
    passwordHash,
    scope: 'companies:read',
    createdAt: now,
    disabledAt: null,
    quotaPerDay: null,
    ...fields,
  };
}

/** A session that is idle-expired after one hour and absolutely expired after ten. */
export function makeSession(fields: Partial<SessionRecord> & Pick<SessionRecord, 'userId'>): SessionRecord {
  return {
    id: randomUUID(),
    generation: 0,
    createdAt: now,
    rotatedAt: now,
    idleExpiresAt: now + hour,
    expiresAt: now + 10 * hour,
    revokedAt: null,
    revokedReason: null,
    source: '127.0.0.1',
    userAgent: 'a test',
    ...fields,
  };
}

export function makeAudit(action: string, fields: Partial<AuditRecord> = {}): AuditRecord {
  return { at: now, action, userId: null, sessionId: null, source: '127.0.0.1', detail: null, ...fields };
}

export function makeSigningKey(fields: Partial<SigningKeyRecord> = {}): SigningKeyRecord {
  return {
    kid: randomUUID(),
    algorithm: 'ES256',
    number: 1,
    publicJwk: '{"kty":"EC"}',
    encryptedPrivateKey: Uint8Array.of(0, 1, 127, 128, 255, 0),
    createdAt: now,
    signsFrom: now,
    retiresAt: null,
    ...fields,
  };
}

export async function addUser(store: Store, fields: Partial<UserRecord> = {}): Promise<UserRecord> {
  const user = makeUser(fields);
  await store.addUser(user, makeAudit('user.added', { userId: user.id }));
  return user;
}

/** What a session is added with: the usual password hash, and a limit that is far away. */
export function makeAdmission(fields: Partial<Admission> = {}): Admission {
  const endedAudit = makeAudit('session.ended_as_too_many');
  return { passwordHash, limit: 10_000, endAtMost: 100, reason: 'too_many_sessions', endedAudit, ...fields };
}

/** Adds a session, of a new user if none is given; the user has the usual password hash. */
export async function addSession(store: Store, fields: Partial<SessionRecord> = {}): Promise<SessionRecord> {
  const session = makeSession({ ...fields, userId: fields.userId ?? (await addUser(store)).id });
  await store.addSession(session, makeAdmission(), makeAudit('session.added', { sessionId: session.id }));
  return session;
}

/** Adds the key and lets the others be; says whether it was added. */
export async function addSigningKey(store: Store, fields: Partial<SigningKeyRecord> = {}): Promise<boolean> {
  return store.addSigningKey(makeSigningKey(fields), { retireOthersAt: null }, makeAudit('signing_key.added'));
}

/** Ends the session and says whether it had not ended before. */
export async function revokeSession(
  store: Store,
  { id, userId }: Pick<SessionRecord, 'id' | 'userId'>,
  { at = now, reason = 'signed_out' } = {},
): Promise<boolean> {
  return store.revokeSession({ id, userId, at, reason }, makeAudit(reason, { userId, sessionId: id }));
}
