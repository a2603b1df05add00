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

  // The newest sessions of a user are listed, and the oldest end, however many there were. Partial: what has ended is
  // kept for days, and whoever signs in all the time would make every look at the living ones a long one.
  'DROP INDEX sessions_by_user',
  'CREATE INDEX sessions_by_user ON sessions (user_id, created_at) WHERE revoked_at IS NULL',

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
