import { describe, expect, test } from 'vitest';
import { makeSigningKey, now } from './records.js';
import type { OpenStore } from './suite.js';

export function describeSigningKeys(open: OpenStore): void {
  describe('signing keys', () => {
    test('a key comes back with every byte', async () => {
      const { store } = await open();
      const key = makeSigningKey();
      await store.addFirstSigningKey(key);
      const [kept] = await store.listSigningKeys();
      expect({ ...kept, encryptedPrivateKey: Uint8Array.from(kept?.encryptedPrivateKey ?? []) }).toEqual(key);
    });

    test('the first key of an algorithm wins', async () => {
      const { store } = await open();
      const keys = Array.from({ length: 10 }, () => makeSigningKey());
      await Promise.all(keys.map((key) => store.addFirstSigningKey(key)));
      expect((await store.listSigningKeys()).map(({ kid }) => kid)).toEqual([keys[0]?.kid]);
    });

    test('each algorithm has a first key, and they are listed by age', async () => {
      const { store } = await open();
      await store.addFirstSigningKey(makeSigningKey({ kid: 'b', algorithm: 'ES256', createdAt: now }));
      await store.addFirstSigningKey(makeSigningKey({ kid: 'a', algorithm: 'RS256', createdAt: now + 1 }));
      await store.addFirstSigningKey(makeSigningKey({ kid: 'c', algorithm: 'EdDSA', createdAt: now - 1 }));
      expect((await store.listSigningKeys()).map(({ kid }) => kid)).toEqual(['c', 'b', 'a']);
    });
  });
}
