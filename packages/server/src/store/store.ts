/**
 * What Latchkey keeps, and the verbs it needs for that. A store knows no rules: who may do what, and when,
 * is decided in the domain; the store makes it durable and atomic. Times are milliseconds since 1970.
 * Every promise of a write settles after the write is on disk, and each rejects with StoreUnavailableError
 * when the store cannot serve.
 */
export interface Store {
  /** Adds the user unless the name is taken, and says which it was. */
  addUser(user: UserRecord, audit: AuditRecord): Promise<'added' | 'exists'>;
  findUser(userName: string): Promise<UserRecord | undefined>;
  findUserById(id: string): Promise<UserRecord | undefined>;
  /** Users in the order of their names, at most `limit`, those after the name `after`. */
  listUsers(page: { readonly after: string; readonly limit: number }): Promise<readonly UserRecord[]>;
  /** Replaces the hash only if it is still `from`: a password changed meanwhile wins. */
  replacePasswordHash(change: { readonly userId: string; readonly from: string; readonly to: string }): Promise<void>;

  /** Adds the session if its user is there and not disabled, in one step, so that disabling wins every race. */
  addSession(session: SessionRecord, audit: AuditRecord): Promise<'added' | 'refused'>;
  /**
   * The one conditional update behind a refresh: undefined where the session is not at `generation`, has ended or has
   * expired, or where its user is disabled.
   */
  rotateSession(rotation: Rotation): Promise<LiveSession | undefined>;
  findSession(id: string): Promise<SessionRecord | undefined>;
  /** Ends the session; false where it had ended before. */
  revokeSession(revocation: Revocation, audit: AuditRecord): Promise<boolean>;
  /** Ends every session of the user that has not ended and had not expired by `expiredBy`, and returns their ids. */
  revokeUserSessions(
    revocation: Revocation & { readonly expiredBy: number },
    audit: AuditRecord,
  ): Promise<readonly string[]>;
  /** Sessions revoked at or after the time. */
  listRevokedSessions(since: number): Promise<readonly { readonly id: string; readonly revokedAt: number }[]>;

  /** Adds the key unless there is one for its algorithm that is as new (two nodes that start at once agree on one). */
  addFirstSigningKey(key: SigningKeyRecord): Promise<void>;
  listSigningKeys(): Promise<readonly SigningKeyRecord[]>;

  /** Resolves if the store can write at this moment. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

export interface UserRecord {
  readonly id: string;
  readonly userName: string;
  readonly passwordHash: string;
  readonly scope: string;
  readonly createdAt: number;
  readonly disabledAt: number | null;
}

export interface SessionRecord {
  readonly id: string;
  readonly userId: string;
  /** Counts the rotations: the refresh token of this generation is the one that is good. */
  readonly generation: number;
  readonly createdAt: number;
  readonly rotatedAt: number;
  readonly idleExpiresAt: number;
  readonly expiresAt: number;
  readonly revokedAt: number | null;
  readonly revokedReason: string | null;
  readonly source: string;
  readonly userAgent: string;
}

export interface Rotation {
  readonly id: string;
  readonly generation: number;
  readonly now: number;
  readonly idleExpiresAt: number;
}

/** What a new access token is made of. */
export interface LiveSession {
  readonly userId: string;
  readonly scope: string;
}

export interface Revocation {
  /** The id of the session, or of the user whose sessions are meant. */
  readonly id: string;
  readonly at: number;
  readonly reason: string;
}

export interface SigningKeyRecord {
  readonly kid: string;
  readonly algorithm: string;
  /** The public half as JWK, JSON text. */
  readonly publicJwk: string;
  /** The private half, encrypted by the domain. */
  readonly encryptedPrivateKey: Uint8Array;
  readonly createdAt: number;
}

export interface AuditRecord {
  readonly at: number;
  readonly action: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly source: string;
  readonly detail: string | null;
}

/** The store cannot serve now: gone, full, locked. The cause says why, in the log. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}

/** The store can never serve as it is: the message says what to do, for the operator. */
export class StoreUnusableError extends Error {
  override readonly name = 'StoreUnusableError';
}
