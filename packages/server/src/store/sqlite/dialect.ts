import type { Dialect } from '../migrations/migration.js';

export const dialect: Dialect = {
  clustered: ' WITHOUT ROWID',
  updatedOften: ' WITHOUT ROWID',
  text: 'TEXT',
  // Without the word a number comes again once the newest row is gone, and a cursor would miss it.
  counter: 'INTEGER PRIMARY KEY AUTOINCREMENT',
  bytes: 'BLOB',
  commitOrder: { column: '', index: [] },
};
