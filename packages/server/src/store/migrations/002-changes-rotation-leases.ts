import type { Migration } from './migration.js';

export const changesRotationLeases: Migration = ({ clustered, counter, text, commitOrder }) => [
  'ALTER TABLE signing_keys ADD COLUMN number BIGINT NOT NULL DEFAULT 1',
  'ALTER TABLE signing_keys ADD COLUMN signs_from BIGINT NOT NULL DEFAULT 0',
  'ALTER TABLE signing_keys ADD COLUMN retires_at BIGINT',
  'UPDATE signing_keys SET signs_from = created_at',
  // What makes one of several nodes the one that rotates.
  'CREATE UNIQUE INDEX signing_keys_by_number ON signing_keys (algorithm, number)',

  // A row without a session says that the signing keys changed.
  `CREATE TABLE changes (
    id ${counter},
    at BIGINT NOT NULL,
    session_id ${text}${commitOrder.column}
  )`,
  ...commitOrder.index,
  'INSERT INTO changes (at, session_id) SELECT revoked_at, id FROM sessions WHERE revoked_at IS NOT NULL',
  'DROP INDEX sessions_revoked',

  // The newest sessions of a user are listed, however many there were.
  'DROP INDEX sessions_by_user',
  'CREATE INDEX sessions_by_user ON sessions (user_id, created_at)',

  `CREATE TABLE leases (
    name ${text} NOT NULL PRIMARY KEY,
    holder TEXT NOT NULL,
    expires_at BIGINT NOT NULL
  )${clustered}`,

  `CREATE TABLE agreements (
    name ${text} NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
  )${clustered}`,
];
