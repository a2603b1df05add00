import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/open.js';
import type { AuditRecord, Store } from '../../src/store/store.js';
import { makeTempDirectory } from '../harness.js';
import { describeStore, type OpenedStore } from './suite.js';

describeStore('the SQLite store', async (): Promise<OpenedStore> => {
  const directory = await makeTempDirectory();
  let store = openSqliteStore(directory);
  const others: Store[] = [];
  const other = new DatabaseSync(join(directory, 'latchkey.db'), { timeout: 5000 });
  onTestFinished(async () => {
    // A test may have closed it.
    for (const each of [store, ...others]) await each.close().catch(() => undefined);
    other.close();
    rmSync(directory, { recursive: true });
  });
  return {
    store,
    notifies: false,
    async another() {
      const second = openSqliteStore(directory);
      others.push(second);
      return second;
    },
    async reopen() {
      await store.close();
      store = openSqliteStore(directory);
      return store;
    },
    async readAudit() {
      const columns = 'at, action, user_id AS userId, session_id AS sessionId, source, detail';
      const rows = other.prepare(`SELECT ${columns} FROM audit ORDER BY id`).all();
      return rows.map((row) => ({ ...row }) as unknown as AuditRecord);
    },
  };
});
