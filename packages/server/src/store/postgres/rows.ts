import type { SessionRecord, SigningKeyRecord, UserRecord } from '../store.js';
import type { Row } from './connection.js';

// Named one by one: a newer node may add a column meanwhile, and a prepared statement must go on giving the same.
export const userColumns = 'id, user_name, password_hash, scope, created_at, disabled_at, quota_per_day';
export const sessionColumns =
  'id, user_id, generation, created_at, rotated_at, idle_expires_at, expires_at, revoked_at, revoked_reason, source, user_agent';
export const signingKeyColumns =
  'kid, algorithm, number, public_jwk, encrypted_private_key, created_at, signs_from, retires_at';

export function toUser(row: Row): UserRecord {
  return {
    id: row.id,
    userName: row.user_name,
    passwordHash: row.password_hash,
    scope: row.scope,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
    quotaPerDay: row.quota_per_day,
  };
}

export function toSession(row: Row): SessionRecord {
  return {
    id: row.id,
    userId: row.user_id,
    generation: row.generation,
    createdAt: row.created_at,
    rotatedAt: row.rotated_at,
    idleExpiresAt: row.idle_expires_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    revokedReason: row.revoked_reason,
    source: row.source,
    userAgent: row.user_agent,
  };
}

export function toSigningKey(row: Row): SigningKeyRecord {
  return {
    kid: row.kid,
    algorithm: row.algorithm,
    number: row.number,
    publicJwk: row.public_jwk,
    encryptedPrivateKey: new Uint8Array(row.encrypted_private_key),
    createdAt: row.created_at,
    signsFrom: row.signs_from,
    retiresAt: row.retires_at,
  };
}
