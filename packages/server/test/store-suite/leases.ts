import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.js';
import { now } from './records.js';
import type { OpenStore } from './suite.js';

const take = (store: Store, holder: string, at = now, until = at + 10, name = 'pruning') =>
  store.takeLease({ name, holder, now: at, until });

export function describeLeases(open: OpenStore): void {
  describe('leases', () => {
    test('of ten that take one at once, one has it', async () => {
      const { store, another } = await open();
      const stores = [store, await another()];
      const holders = Array.from({ length: 10 }, (_, i) => `node ${i}`);
      const taken = await Promise.all(holders.map((holder, i) => take(stores[i % 2] as Store, holder)));
      expect(taken.filter(Boolean)).toHaveLength(1);
    });

    test('another holder gets it when its time is over, and not before', async () => {
      const { store } = await open();
      expect(await take(store, 'ada', now, now + 10)).toBe(true);
      expect(await take(store, 'bob', now + 9)).toBe(false);
      expect(await take(store, 'bob', now + 10)).toBe(true);
      expect(await take(store, 'ada', now + 10)).toBe(false);
    });

    test('its holder takes it again, for longer or to give it back', async () => {
      const { store } = await open();
      await take(store, 'ada', now, now + 10);
      expect(await take(store, 'ada', now + 5, now + 15)).toBe(true);
      expect(await take(store, 'bob', now + 14)).toBe(false);
      expect(await take(store, 'ada', now + 14, now + 14)).toBe(true);
      expect(await take(store, 'bob', now + 14)).toBe(true);
    });

    test('each name is a lease of its own', async () => {
      const { store } = await open();
      expect(await take(store, 'ada', now, now + 10, 'pruning')).toBe(true);
      expect(await take(store, 'bob', now, now + 10, 'rotation')).toBe(true);
    });
  });
}
