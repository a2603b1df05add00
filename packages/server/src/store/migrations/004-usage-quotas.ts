import type { Migration } from './migration.js';

export const usageQuotas: Migration = ({ clustered, updatedOften, text }) => [
  // NULL: what the setting says. -1: none.
  'ALTER TABLE users ADD COLUMN quota_per_day BIGINT',
  // Partial: nodes ask all the time whether there is one.
  'CREATE INDEX users_with_quota ON users (id) WHERE quota_per_day IS NOT NULL',

  // No reference to users: it would be looked up for each row of each batch.
  `CREATE TABLE usage (
    user_id ${text} NOT NULL,
    hour BIGINT NOT NULL,
    operation ${text} NOT NULL,
    requests BIGINT NOT NULL,
    errors BIGINT NOT NULL,
    fields BIGINT NOT NULL,
    milliseconds BIGINT NOT NULL,
    PRIMARY KEY (user_id, hour, operation)
  )${updatedOften}`,
  // For the pruning. An update of the counters does not touch it.
  'CREATE INDEX usage_by_hour ON usage (hour)',

  // The last batch of each process, so that one that is sent twice is counted once.
  `CREATE TABLE usage_writers (
    id ${text} NOT NULL PRIMARY KEY,
    batch BIGINT NOT NULL,
    written_at BIGINT NOT NULL
  )${clustered}`,
];
