import type { AuditRecord } from '../../src/store/store.js';
import { openTestStore, takeTestDatabase } from '../postgres/database.js';
import { describeStore, type OpenedStore } from './suite.js';

describeStore('the PostgreSQL store', async (): Promise<OpenedStore> => {
  const { url, query } = await takeTestDatabase();
  let store = await openTestStore(url);
  return {
    store,
    notifies: true,
    another: () => openTestStore(url),
    async reopen() {
      await store.close();
      store = await openTestStore(url);
      return store;
    },
    async readAudit() {
      const columns = 'at, action, user_id AS "userId", session_id AS "sessionId", source, detail';
      const rows = await query(`SELECT ${columns} FROM audit ORDER BY id`);
      return rows.map((row) => ({ ...row, at: Number(row.at) }) as unknown as AuditRecord);
    },
  };
});
