import type { SettingKey } from '../config/schema.js';

/** What says where the data is, for every command that works on it. */
export const storeSettings: readonly SettingKey[] = [
  'config',
  'data',
  'database',
  'databaseTimeout',
  'databaseTls',
  'databaseCa',
];
