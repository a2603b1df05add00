import { describe, expect, test } from 'vitest';
import type { SigningKeyRecord, Store } from '../../src/store/store.js';
import { addSigningKey, makeAudit, makeSigningKey, now } from './records.js';
import type { OpenStore } from './suite.js';

/** With plain bytes, whatever kind of buffer the database gives. */
const keysOf = async (store: Store): Promise<readonly SigningKeyRecord[]> =>
  (await store.listSigningKeys()).map((key) => ({
    ...key,
    encryptedPrivateKey: Uint8Array.from(key.encryptedPrivateKey),
  }));

const rotate = (store: Store, key: SigningKeyRecord, retireOthersAt: number | null) =>
  store.addSigningKey(key, { retireOthersAt }, makeAudit('signing_key.added', { detail: key.kid }));

export function describeSigningKeys(open: OpenStore): void {
  describe('signing keys', () => {
    test('a key comes back with every field and every byte', async () => {
      const { store, readAudit } = await open();
      const key = makeSigningKey({ number: 7, createdAt: now - 1, signsFrom: now + 1, retiresAt: now + 2 });
      const allBytes = makeSigningKey({
        number: 8,
        encryptedPrivateKey: Uint8Array.from({ length: 256 }, (_, byte) => byte),
      });
      expect(await rotate(store, key, null)).toBe(true);
      expect(await rotate(store, allBytes, null)).toBe(true);
      expect(await keysOf(store)).toEqual([key, allBytes]);
      expect((await readAudit())[0]).toEqual(makeAudit('signing_key.added', { detail: key.kid }));
    });

    test('of ten of one number that are added at once, one is, and one line in the audit says so', async () => {
      const { store, another, readAudit } = await open();
      const stores = [store, await another()];
      const keys = Array.from({ length: 10 }, () => makeSigningKey());
      const outcomes = await Promise.all(keys.map((key, i) => rotate(stores[i % 2] as Store, key, null)));
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      const added = keys[outcomes.indexOf(true)] as SigningKeyRecord;
      expect(await keysOf(store)).toEqual([added]);
      expect((await readAudit()).map(({ detail }) => detail)).toEqual([added.kid]);
    });

    test('each algorithm counts its own keys, and they are listed by age', async () => {
      const { store } = await open();
      expect(await addSigningKey(store, { kid: 'b', algorithm: 'ES256', createdAt: now })).toBe(true);
      expect(await addSigningKey(store, { kid: 'a', algorithm: 'RS256', createdAt: now + 1 })).toBe(true);
      expect(await addSigningKey(store, { kid: 'c', algorithm: 'EdDSA', createdAt: now - 1 })).toBe(true);
      expect(await addSigningKey(store, { kid: 'd', algorithm: 'EdDSA', createdAt: now + 2, number: 2 })).toBe(true);
      expect((await store.listSigningKeys()).map(({ kid }) => kid)).toEqual(['c', 'b', 'a', 'd']);
    });

    test('a new key makes every other retire, and none later than it would have', async () => {
      const { store } = await open();
      const at = now + 1000;
      const before = [
        makeSigningKey({ number: 1, createdAt: now - 4, retiresAt: at - 1 }),
        makeSigningKey({ number: 2, createdAt: now - 3, retiresAt: at + 1 }),
        makeSigningKey({ number: 3, createdAt: now - 2, retiresAt: null }),
        makeSigningKey({ algorithm: 'RS256', createdAt: now - 1, retiresAt: null }),
      ];
      for (const key of before) await rotate(store, key, null);
      expect(await keysOf(store)).toEqual(before);
      const newest = makeSigningKey({ number: 4 });
      expect(await rotate(store, newest, at)).toBe(true);
      expect((await keysOf(store)).map(({ retiresAt }) => retiresAt)).toEqual([at - 1, at, at, at, null]);
    });

    test('a key that is not added makes none retire', async () => {
      const { store } = await open();
      const key = makeSigningKey();
      await rotate(store, key, null);
      expect(await rotate(store, makeSigningKey(), now)).toBe(false);
      expect(await keysOf(store)).toEqual([key]);
    });

    test('an encrypted private key is replaced where it is still the one that was read', async () => {
      const { store } = await open();
      const [key, other] = [makeSigningKey(), makeSigningKey({ number: 2, createdAt: now + 1 })];
      for (const each of [key, other]) await rotate(store, each, null);
      const [from, to] = [key.encryptedPrivateKey, Uint8Array.of(255, 0, 7)];
      await store.replaceKeyEncryption({ kid: key.kid, from, to });
      expect(await keysOf(store)).toEqual([{ ...key, encryptedPrivateKey: to }, other]);
      await store.replaceKeyEncryption({ kid: key.kid, from, to: Uint8Array.of(1) });
      expect(await keysOf(store)).toEqual([{ ...key, encryptedPrivateKey: to }, other]);
    });
  });
}
