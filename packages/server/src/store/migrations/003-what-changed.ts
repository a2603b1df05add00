import type { Migration } from './migration.js';

export const whatChanged: Migration = () => [
  // In a row without a session: null for the signing keys, as before. Whoever does not know the column takes every such
  // row for that, and reads the keys once more, which does no harm.
  'ALTER TABLE changes ADD COLUMN subject TEXT',
];
