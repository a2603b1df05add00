import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.js';
import { addUser, makeAudit, makeUser, now } from './records.js';
import type { OpenStore } from './suite.js';

export function describeAgreements(open: OpenStore): void {
  describe('agreements', () => {
    test('of ten at once that say each another value, all hear the same', async () => {
      const { store, another } = await open();
      const stores = [store, await another()];
      const values = Array.from({ length: 10 }, (_, i) => `value ${i}`);
      const heard = await Promise.all(values.map((value, i) => (stores[i % 2] as Store).agreeOn('issuer', value)));
      expect(new Set(heard).size).toBe(1);
      expect(values).toContain(heard[0]);
      expect(await store.findAgreement('issuer')).toBe(heard[0]);
    });

    test('what was agreed on stays, and each name has a value of its own', async () => {
      const { store, reopen } = await open();
      expect(await store.findAgreement('issuer')).toBeUndefined();
      expect(await store.agreeOn('issuer', 'ünï "x" \'')).toBe('ünï "x" \'');
      expect(await store.agreeOn('another', 'y')).toBe('y');
      const again = await reopen();
      expect(await again.agreeOn('issuer', 'z')).toBe('ünï "x" \'');
      expect(await again.findAgreement('another')).toBe('y');
    });
  });

  test('the served schema is the one that was recorded last, and no agreement of another name', async () => {
    const { store, another, reopen } = await open();
    expect(await store.findServedSchema()).toBeUndefined();
    await store.recordServedSchema('[["Query.a",": Int"]]');
    await (await another()).recordServedSchema('ünï "x"');
    await store.agreeOn('issuer', 'y');
    const again = await reopen();
    expect(await again.findServedSchema()).toBe('ünï "x"');
    expect(await again.findAgreement('issuer')).toBe('y');
  });

  describe('the latest time', () => {
    test('an empty store knows none', async () => {
      const { store } = await open();
      expect(await store.findLatestTime()).toBeUndefined();
    });

    test('it is that of the newest line in the audit', async () => {
      const { store } = await open();
      await addUser(store);
      expect(await store.findLatestTime()).toBe(now);
      await store.addUser(makeUser(), makeAudit('user.added', { at: now + 5 }));
      expect(await store.findLatestTime()).toBe(now + 5);
    });

    test('a recorded time counts where it is later than the audit, and the one recorded last is the one', async () => {
      const { store } = await open();
      await store.recordTime(now);
      expect(await store.findLatestTime()).toBe(now);
      await addUser(store);
      await store.recordTime(now - 10);
      expect(await store.findLatestTime()).toBe(now);
      await store.recordTime(now + 10);
      expect(await store.findLatestTime()).toBe(now + 10);
      await store.recordTime(now + 5);
      expect(await store.findLatestTime()).toBe(now + 5);
    });
  });
}
