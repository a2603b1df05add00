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
  /** Disables the user and ends their sessions, in one step that no sign-in or refresh slips through. Returns the ids of those that ended. */
  disableUser(revocation: UserRevocation, audit: AuditRecord): Promise<readonly string[]>;
  enableUser(userId: string, audit: AuditRecord): Promise<void>;
  /** Sets the password hash and ends the user's sessions, in one step. Returns the ids of those that ended. */
  changePassword(
    change: UserRevocation & { readonly passwordHash: string },
    audit: AuditRecord,
  ): Promise<readonly string[]>;
  /** Sets the user's own quota of requests a day; null for that of the setting, -1 for none. */
  setQuota(change: { readonly userId: string; readonly quotaPerDay: number | null }, audit: AuditRecord): Promise<void>;
  /** Whether any user has a quota of their own. */
  hasQuotas(): Promise<boolean>;

  /**
   * Adds the counters of the batch to what is there, unless this writer has written a batch of this number or a later
   * one: a batch whose answer was lost may be sent again, and is counted once. The keys of its rows differ.
   */
  addUsage(batch: UsageBatch): Promise<void>;
  /** The user's usage from the hour `from` to before `to`: the sum, and by operation, the most requests first, at most `limit`. */
  sumUsage(
    period: UsagePeriod & { readonly userId: string; readonly limit: number },
  ): Promise<{ readonly total: UsageCounters; readonly operations: readonly OperationUsage[] }>;
  /**
   * Looks at `limit` users who ever had usage, in the order of their ids after `after`: the sum of each of them who has
   * any in the period. `next` is where to go on; undefined at the end.
   */
  listUsage(
    page: UsagePeriod & { readonly after: string; readonly limit: number },
  ): Promise<{ readonly users: readonly UserUsage[]; readonly next: string | undefined }>;
  /** The quotas of those of the users that are there, and how many requests of theirs are recorded from the hour `from` on. */
  readQuotas(question: { readonly userIds: readonly string[]; readonly from: number }): Promise<readonly QuotaRecord[]>;

  /**
   * Adds the session if its user is there, is not disabled and still has the password hash that was verified, in one
   * step: disabling the user or changing the password wins every race. In the same step the user's oldest living
   * sessions beyond the limit end, never the new one; sign-ins at the same moment may leave a few too many until the
   * next. Returns the ids of those that ended.
   */
  addSession(
    session: SessionRecord,
    admission: Admission,
    audit: AuditRecord,
  ): Promise<'refused' | { readonly ended: readonly string[] }>;
  /**
   * The one conditional update behind a refresh: undefined where the session is not at `generation`, has ended or has
   * expired, or where its user is disabled.
   */
  rotateSession(rotation: Rotation): Promise<LiveSession | undefined>;
  findSession(id: string): Promise<SessionRecord | undefined>;
  /** The user's sessions that have neither ended nor expired by `now`, the newest first, at most `limit`. */
  listSessions(page: {
    readonly userId: string;
    readonly now: number;
    readonly limit: number;
  }): Promise<readonly SessionRecord[]>;
  /** Ends the session if it is the user's; false where it is not, or had ended before. */
  revokeSession(revocation: SessionRevocation, audit: AuditRecord): Promise<boolean>;
  /** Ends every session of the user that has not ended and had not expired by `expiredBy`, and returns their ids. */
  revokeUserSessions(revocation: UserRevocation, audit: AuditRecord): Promise<readonly string[]>;

  /**
   * What other processes must hear of: sessions that ended, signing keys that changed, and that the upstream's schema
   * shall be read. After a cursor none is ever missed, though some may be told twice; without one, all that was recorded with a time of `since` or later.
   */
  listChanges(page: { readonly after: string | undefined; readonly since: number }): Promise<Changes>;
  /**
   * Calls `listener` soon after another process has changed something, where the database can tell. It may fail to
   * for any while, so the changes are also polled. Returns what ends it.
   */
  watchChanges(listener: () => void): () => void;
  /** Lets every process hear that the upstream's schema shall be read. */
  requestSchemaReload(audit: AuditRecord): Promise<void>;

  /**
   * Adds the key unless its algorithm has one of the same number: of any nodes that rotate at once, one does. Every
   * other key retires at `retireOthersAt` at the latest (null leaves them alone). False where it was not added.
   */
  addSigningKey(
    key: SigningKeyRecord,
    rotation: { readonly retireOthersAt: number | null },
    audit: AuditRecord,
  ): Promise<boolean>;
  listSigningKeys(): Promise<readonly SigningKeyRecord[]>;
  /** Replaces the encrypted private key only if it is still `from`. */
  replaceKeyEncryption(change: {
    readonly kid: string;
    readonly from: Uint8Array;
    readonly to: Uint8Array;
  }): Promise<void>;

  /** Takes the lease, or takes it again, unless another holder has it beyond `now`: one process at a time does the work. */
  takeLease(lease: {
    readonly name: string;
    readonly holder: string;
    readonly now: number;
    readonly until: number;
  }): Promise<boolean>;
  /**
   * Looks at `limit` sessions in the order of their ids after `after`, and removes those that ended or expired before
   * `endedBefore`. `next` is where to go on; undefined at the end.
   */
  pruneSessions(page: {
    readonly after: string;
    readonly limit: number;
    readonly endedBefore: number;
  }): Promise<{ readonly pruned: number; readonly next: string | undefined }>;
  /** Looks at `limit` rows in the order of their numbers after `after`, and removes those older than `before`. */
  pruneAudit(page: LogPage): Promise<PrunedLog>;
  pruneChanges(page: LogPage): Promise<PrunedLog>;
  /** Removes those of the keys that retired before `before`; at most `limit`. Returns how many. */
  pruneSigningKeys(page: { readonly before: number; readonly limit: number }): Promise<number>;
  /** Removes usage of hours before `before`, and writers who wrote nothing since; at most `limit` of each. Returns how many rows of usage. */
  pruneUsage(page: { readonly before: number; readonly limit: number }): Promise<number>;

  /** Keeps the value under the name unless there is one, and returns the one that is kept: what all processes agree on. */
  agreeOn(name: string, value: string): Promise<string>;
  findAgreement(name: string): Promise<string | undefined>;
  /** Keeps the text in place of the one that is kept: what of the upstream is in service, in words of the gateway. */
  recordServedSchema(text: string): Promise<void>;
  findServedSchema(): Promise<string | undefined>;
  /** Keeps the time in place of the one that is kept. */
  recordTime(at: number): Promise<void>;
  /** The later of the time that is kept and that of the newest line in the audit: so late was it once. */
  findLatestTime(): Promise<number | undefined>;
  /** The time of a clock that all nodes share, where the database is on another machine and has one. */
  readClock(): Promise<number | undefined>;

  /** Resolves if the store can write at this moment, or could within the last second. */
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
  /** Requests a day; null for what the setting says, -1 for no quota. */
  readonly quotaPerDay: number | null;
}

/** Whole numbers that only grow. */
export interface UsageCounters {
  readonly requests: number;
  readonly errors: number;
  readonly fields: number;
  readonly milliseconds: number;
}

export interface OperationUsage extends UsageCounters {
  readonly operation: string;
}

export interface UsageRow extends OperationUsage {
  readonly userId: string;
  /** Its beginning. */
  readonly hour: number;
}

export interface UsageBatch {
  /** The process that counted. */
  readonly writer: string;
  /** Counts the batches of the writer from 1. */
  readonly number: number;
  readonly at: number;
  readonly rows: readonly UsageRow[];
}

/** Beginnings of hours; `to` does not belong to it. */
export interface UsagePeriod {
  readonly from: number;
  readonly to: number;
}

export interface UserUsage extends UsageCounters {
  readonly userId: string;
  /** Null where the user is gone. */
  readonly userName: string | null;
}

export interface QuotaRecord {
  readonly userId: string;
  readonly quotaPerDay: number | null;
  readonly requests: number;
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

/** On what terms a session is added. */
export interface Admission {
  /** The hash that was verified. */
  readonly passwordHash: string;
  /** How many living sessions the user may have, the new one among them. */
  readonly limit: number;
  /** How many end at most: what is too much beyond that is left for the next time. */
  readonly endAtMost: number;
  readonly reason: string;
  /** The line in the audit for each that ended, in which its id takes the place of the session's. */
  readonly endedAudit: AuditRecord;
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

export interface SessionRevocation {
  readonly id: string;
  readonly userId: string;
  readonly at: number;
  readonly reason: string;
}

export interface UserRevocation {
  readonly userId: string;
  readonly at: number;
  readonly reason: string;
  /** Sessions that had expired by then are left alone: not even an access token of theirs can be good. */
  readonly expiredBy: number;
}

export interface Changes {
  /** For the next call. */
  readonly cursor: string;
  readonly revokedSessions: readonly string[];
  readonly haveKeysChanged: boolean;
  readonly isSchemaReloadRequested: boolean;
}

/** The name among the agreements under which the served schema is kept: the one of them that changes. */
export const servedSchema = 'served_schema';

/** What a change without a session is about, but for the signing keys, which are null. */
export const schemaReload = 'upstream_schema';

export interface LogPage {
  /** The number of a row; 0 for the beginning. */
  readonly after: number;
  readonly before: number;
  readonly limit: number;
}

export interface PrunedLog {
  readonly pruned: number;
  /** The last row that was looked at, where to go on; undefined at the end. */
  readonly next: { readonly after: number; readonly at: number } | undefined;
}

export interface SigningKeyRecord {
  readonly kid: string;
  readonly algorithm: string;
  /** Counts the keys of the algorithm from 1: the highest that signs already is the current one. */
  readonly number: number;
  /** The public half as JWK, JSON text. */
  readonly publicJwk: string;
  /** The private half, encrypted by the domain. */
  readonly encryptedPrivateKey: Uint8Array;
  readonly createdAt: number;
  /** It is published before, so that verifiers know it when it begins. */
  readonly signsFrom: number;
  /** From then on nothing that it signed is good. */
  readonly retiresAt: number | null;
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
