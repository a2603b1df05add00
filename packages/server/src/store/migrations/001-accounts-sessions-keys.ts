import type { Migration } from './migration.js';

export const accountsSessionsKeys: Migration = ({ clustered, updatedOften, counter, text, bytes }) => [
  `CREATE TABLE users (
    id ${text} NOT NULL PRIMARY KEY,
    user_name ${text} NOT NULL UNIQUE,
    password_hash TEXT NOT NULL,
    scope TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
  )${clustered}`,

  `CREATE TABLE sessions (
    id ${text} NOT NULL PRIMARY KEY,
    user_id ${text} NOT NULL REFERENCES users (id),
    generation BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    rotated_at BIGINT NOT NULL,
    idle_expires_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT,
    revoked_reason TEXT,
    source TEXT NOT NULL,
    user_agent TEXT NOT NULL
  )${updatedOften}`,
  'CREATE INDEX sessions_by_user ON sessions (user_id)',
  // Partial: a refresh does not touch it, and it holds only what has ended.
  'CREATE INDEX sessions_revoked ON sessions (revoked_at) WHERE revoked_at IS NOT NULL',

  `CREATE TABLE signing_keys (
    kid ${text} NOT NULL PRIMARY KEY,
    algorithm TEXT NOT NULL,
    public_jwk TEXT NOT NULL,
    encrypted_private_key ${bytes} NOT NULL,
    created_at BIGINT NOT NULL
  )${clustered}`,

  `CREATE TABLE audit (
    id ${counter},
    at BIGINT NOT NULL,
    action TEXT NOT NULL,
    user_id TEXT,
    session_id TEXT,
    source TEXT NOT NULL,
    detail TEXT
  )`,
];
