import { describe, expect, test } from 'vitest';
import type { Store, UsageRow } from '../../src/store/store.js';
import { addUser, hour, makeAudit, now } from './records.js';
import type { OpenStore } from './suite.js';

function makeRow(fields: Partial<UsageRow> = {}): UsageRow {
  return { userId: 'ada', hour: now, operation: 'A', requests: 1, errors: 0, fields: 3, milliseconds: 5, ...fields };
}

let batches = 0;

/** Writes the rows in a batch of its own. */
const add = (store: Store, ...rows: readonly UsageRow[]) =>
  store.addUsage({ writer: 'a test', number: ++batches, at: now, rows });

const day = { from: now, to: now + 24 * hour };
const ofAda = { ...day, userId: 'ada', limit: 10 };
const requestsOf = async (store: Store) => (await store.sumUsage(ofAda)).total.requests;

export function describeUsage(open: OpenStore): void {
  describe('usage', () => {
    test('counters add up, by user, hour and operation', async () => {
      const { store, another } = await open();
      const second = await another();
      await add(store, makeRow(), makeRow({ operation: 'B', requests: 5, errors: 2 }), makeRow({ hour: now + hour }));
      await add(second, makeRow({ fields: 4 }), makeRow({ userId: 'bob', requests: 7 }));
      expect(await store.sumUsage(ofAda)).toEqual({
        total: { requests: 8, errors: 2, fields: 13, milliseconds: 20 },
        operations: [
          { operation: 'B', requests: 5, errors: 2, fields: 3, milliseconds: 5 },
          { operation: 'A', requests: 3, errors: 0, fields: 10, milliseconds: 15 },
        ],
      });
      expect((await store.sumUsage({ ...ofAda, limit: 1 })).operations.map(({ operation }) => operation)).toEqual([
        'B',
      ]);
      expect((await store.sumUsage({ ...ofAda, to: now + hour })).total.requests).toBe(7);
      expect((await store.sumUsage({ ...ofAda, from: now + hour })).total.requests).toBe(1);
    });

    test('who has used nothing has sums of nothing', async () => {
      const { store } = await open();
      const total = { requests: 0, errors: 0, fields: 0, milliseconds: 0 };
      expect(await store.sumUsage(ofAda)).toEqual({ total, operations: [] });
      expect(await store.listUsage({ ...day, after: '', limit: 10 })).toEqual({ users: [], next: undefined });
    });

    test('a batch that is sent twice is counted once, also at the same moment and by another connection', async () => {
      const { store, another } = await open();
      const second = await another();
      const batch = { writer: 'one', number: 1, at: now, rows: [makeRow()] };
      await Promise.all([store.addUsage(batch), second.addUsage(batch), store.addUsage(batch)]);
      await store.addUsage(batch);
      expect(await requestsOf(store)).toBe(1);
      await store.addUsage({ ...batch, number: 2 });
      await second.addUsage(batch);
      expect(await requestsOf(store)).toBe(2);
      await store.addUsage({ ...batch, writer: 'two' });
      expect(await requestsOf(store)).toBe(3);
    });

    test('many writers of the same rows in different orders all get through', async () => {
      const { store, another } = await open();
      const stores = [store, await another(), await another()];
      const rows = Array.from({ length: 50 }, (_, i) => makeRow({ operation: `op ${i}` }));
      const orders = [rows, rows.toReversed(), rows.toSorted(() => 0.5 - Math.random())];
      const writes = Array.from({ length: 30 }, (_, i) => {
        const batch = { writer: `writer ${i}`, number: 1, at: now, rows: orders[i % 3] ?? [] };
        return (stores[i % 3] as Store).addUsage(batch);
      });
      await Promise.all(writes);
      expect(await requestsOf(store)).toBe(1_500);
    });

    test('names with anything in them come back as they were, but for a NUL', async () => {
      const { store } = await open();
      const names = ['"quoted"', "it's", 'line\nbreak', '\u001b[2J', '🦊', 'a\\b', '{a,b}', '', 'NULL', '%_'];
      await add(store, ...names.map((operation) => makeRow({ operation })), makeRow({ operation: 'a\0b' }));
      const { operations } = await store.sumUsage({ ...ofAda, limit: 100 });
      expect(operations.map(({ operation }) => operation).toSorted()).toEqual([...names, 'a\ufffdb'].toSorted());
    });

    test('numbers beyond 32 bits are kept', async () => {
      const { store } = await open();
      await add(store, makeRow({ milliseconds: 5e12, fields: 3e12 }));
      await add(store, makeRow({ milliseconds: 5e12, fields: 3e12 }));
      expect((await store.sumUsage(ofAda)).total).toMatchObject({ milliseconds: 1e13, fields: 6e12 });
    });

    test('users are listed a page at a time in the order of their ids, with their names', async () => {
      const { store } = await open();
      await addUser(store, { id: 'ada', userName: 'ada@example.com' });
      await add(
        store,
        ...['ada', 'B', 'a', 'gone'].flatMap((userId) => [makeRow({ userId }), makeRow({ userId, operation: 'x' })]),
        makeRow({ userId: 'early', hour: now - hour }),
        makeRow({ userId: 'late', hour: day.to }),
      );
      const first = await store.listUsage({ ...day, after: '', limit: 3 });
      expect(first.next).toBe('ada');
      expect(first.users.map(({ userId, userName }) => [userId, userName])).toEqual([
        ['B', null],
        ['a', null],
        ['ada', 'ada@example.com'],
      ]);
      expect(first.users[2]).toMatchObject({ requests: 2, errors: 0, fields: 6, milliseconds: 10 });
      const second = await store.listUsage({ ...day, after: 'ada', limit: 2 });
      expect(second).toMatchObject({ users: [{ userId: 'gone' }], next: 'gone' });
      // Who has nothing in the period is passed over.
      expect(await store.listUsage({ ...day, after: 'gone', limit: 1 })).toEqual({ users: [], next: 'late' });
      expect(await store.listUsage({ ...day, after: 'late', limit: 1 })).toEqual({ users: [], next: undefined });
    });

    test('old hours go, a page at a time, and the others stay', async () => {
      const { store } = await open();
      const hours = [-3, 0, -1, 2, -2];
      await add(store, ...hours.map((i) => makeRow({ hour: now + i * hour })));
      const left = async () => (await store.sumUsage({ ...ofAda, from: 0 })).total.requests;
      expect(await store.pruneUsage({ before: now, limit: 2 })).toBe(2);
      expect(await left()).toBe(3);
      expect(await store.pruneUsage({ before: now, limit: 2 })).toBe(1);
      expect(await store.pruneUsage({ before: now, limit: 2 })).toBe(0);
      expect(await left()).toBe(2);
    });

    test('a writer who wrote lately is remembered, and one who did not is forgotten', async () => {
      const { store } = await open();
      const batch = (writer: string, at: number) => ({ writer, number: 1, at, rows: [makeRow()] });
      await store.addUsage(batch('old', now - 1));
      await store.addUsage(batch('new', now));
      await store.pruneUsage({ before: now, limit: 10 });
      await store.addUsage(batch('old', now));
      await store.addUsage(batch('new', now));
      expect(await requestsOf(store)).toBe(3);
    });
  });

  describe('quotas', () => {
    test('a quota is set, changed and taken away, with a line in the audit', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store);
      expect(await store.hasQuotas()).toBe(false);
      const set = async (quotaPerDay: number | null) => {
        await store.setQuota({ userId, quotaPerDay }, makeAudit('user.quota_changed', { userId }));
        return (await store.findUserById(userId))?.quotaPerDay;
      };
      expect(await set(5)).toBe(5);
      expect(await store.hasQuotas()).toBe(true);
      expect(await set(-1)).toBe(-1);
      expect(await set(null)).toBe(null);
      expect(await store.hasQuotas()).toBe(false);
      expect((await readAudit()).filter(({ action }) => action === 'user.quota_changed')).toHaveLength(3);
    });

    test('they are read of many users at once, with the requests since an hour', async () => {
      const { store } = await open();
      for (const id of ['ada', 'bob']) await addUser(store, { id });
      await store.setQuota({ userId: 'bob', quotaPerDay: 0 }, makeAudit('x'));
      await add(store, makeRow({ hour: now - hour }), makeRow({ operation: 'B' }), makeRow({ hour: now + 25 * hour }));
      const read = await store.readQuotas({ userIds: ['ada', 'nobody', 'bob'], from: now });
      expect(read.toSorted((a, b) => (a.userId < b.userId ? -1 : 1))).toEqual([
        { userId: 'ada', quotaPerDay: null, requests: 2 },
        { userId: 'bob', quotaPerDay: 0, requests: 0 },
      ]);
      expect(await store.readQuotas({ userIds: [], from: now })).toEqual([]);
    });
  });
}
