import type { SessionRecord, SigningKeyRecord, UserRecord } from '../store.js';

/** A row as SQLite gives it: columns by name. */
export type Row = Record<string, unknown>;

export function toUser(row: Row): UserRecord {
  return {
    id: row.id as string,
    userName: row.user_name as string,
    passwordHash: row.password_hash as string,
    scope: row.scope as string,
    createdAt: row.created_at as number,
    disabledAt: row.disabled_at as number | null,
    quotaPerDay: row.quota_per_day as number | null,
  };
}

export function toSession(row: Row): SessionRecord {
  return {
    id: row.id as string,
    userId: row.user_id as string,
    generation: row.generation as number,
    createdAt: row.created_at as number,
    rotatedAt: row.rotated_at as number,
    idleExpiresAt: row.idle_expires_at as number,
    expiresAt: row.expires_at as number,
    revokedAt: row.revoked_at as number | null,
    revokedReason: row.revoked_reason as string | null,
    source: row.source as string,
    userAgent: row.user_agent as string,
  };
}

export function toSigningKey(row: Row): SigningKeyRecord {
  return {
    kid: row.kid as string,
    algorithm: row.algorithm as string,
    number: row.number as number,
    publicJwk: row.public_jwk as string,
    encryptedPrivateKey: row.encrypted_private_key as Uint8Array,
    createdAt: row.created_at as number,
    signsFrom: row.signs_from as number,
    retiresAt: row.retires_at as number | null,
  };
}
