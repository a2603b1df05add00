import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { onTestFinished } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/open.js';
import type { AuditRecord } from '../../src/store/store.js';
import { makeTempDirectory } from '../harness.js';
import { describeStore, type OpenedStore } from './suite.js';

describeStore('the SQLite store', async (): Promise<OpenedStore> => {
  const directory = await makeTempDirectory();
  let store = openSqliteStore(directory);
  const other = new DatabaseSync(join(directory, 'latchkey.db'), { timeout: 5000 });
  onTestFinished(async () => {
    // A test may have closed it.
    await store.close().catch(() => undefined);
    other.close();
    rmSync(directory, { recursive: true });
  });
  return {
    store,
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
    async disableUser(id) {
      other.prepare('UPDATE users SET disabled_at = created_at WHERE id = ?').run(id);
    },
  };
});
