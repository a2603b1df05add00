import { createPrivateKey, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { codeOf } from '../../../test/domain.js';
import { audience, issuer, lifetime, openTokens, subject } from '../../../test/tokens.js';
import { openSqliteStore } from '../../store/sqlite/open.js';
import { StoreUnusableError } from '../../store/store.js';
import { createAccessTokens } from './access-tokens.js';
import { signingAlgorithms } from './algorithms.js';
import { loadSigningKeys } from './signing-keys.js';

describe.each(signingAlgorithms)('a key for %s', (algorithm) => {
  test('is made once, and is the same after a restart', async () => {
    const { directory, store, encryptionKey, keys, tokens, clock } = await openTokens(algorithm);
    const token = await tokens.issue(subject);
    await store.close();
    const again = openSqliteStore(directory);
    onTestFinished(() => again.close());
    const reloaded = await loadSigningKeys(again, encryptionKey, algorithm, clock());
    expect(reloaded.jwks).toBe(keys.jwks);
    expect([...reloaded.byHeader.keys()]).toEqual([keys.current.header]);
    const revocations = { add: () => undefined, has: () => false };
    const restarted = createAccessTokens(reloaded, revocations, { issuer, audience, lifetime }, clock);
    await expect(restarted.verify(token)).resolves.toMatchObject(subject);
  });

  test('is published with its public members only', async () => {
    const { keys } = await openTokens(algorithm);
    const published = JSON.parse(keys.jwks);
    expect(Object.keys(published)).toEqual(['keys']);
    const [jwk, ...others] = published.keys;
    expect(others).toEqual([]);
    const members = { ES256: ['crv', 'x', 'y'], EdDSA: ['crv', 'x'], RS256: ['e', 'n'] }[algorithm];
    expect(Object.keys(jwk).sort()).toEqual([...members, 'alg', 'kid', 'kty', 'use'].sort());
    expect(jwk).toMatchObject({ alg: algorithm, use: 'sig', kid: keys.current.kid });
    expect(jwk.kid).toBe(await calculateJwkThumbprint(jwk));
  });

  test('is never in the clear in the files of the store', async () => {
    const { directory, keys } = await openTokens(algorithm);
    const { privateKey } = keys.current;
    const bytes = Buffer.concat(readdirSync(directory).map((file) => readFileSync(join(directory, file))));
    // The search would find it: the public half is there.
    const [jwk] = JSON.parse(keys.jwks).keys;
    expect(bytes.includes(jwk.x ?? jwk.n)).toBe(true);

    const { d = '', p, q } = privateKey.export({ format: 'jwk' });
    const der = privateKey.export({ format: 'der', type: 'pkcs8' });
    const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const texts = [d, p, q].filter((text) => text !== undefined);
    const raw = texts.map((text) => Buffer.from(text, 'base64url'));
    for (const secret of [...texts, ...raw, ...raw.map((each) => each.toString('hex')), der, der.subarray(-32)]) {
      expect(secret.length).toBeGreaterThanOrEqual(32);
      expect(bytes.includes(secret)).toBe(false);
    }
    expect(bytes.includes(pem.split('\n')[2] || pem.split('\n')[1] || '')).toBe(false);
    expect(bytes.includes('PRIVATE KEY')).toBe(false);
    expect(createPrivateKey(pem).equals(privateKey)).toBe(true);
  });
});

test('another secret is refused with what to do about it', async () => {
  const { store, clock } = await openTokens();
  const wrong = loadSigningKeys(store, randomBytes(32), 'ES256', clock());
  await expect(wrong).rejects.toBeInstanceOf(StoreUnusableError);
  await expect(wrong).rejects.toThrow(
    'The secret does not fit the data: the signing keys were encrypted under another one. Start with the LATCHKEY_SECRET (or the secret file) that this data was made with.',
  );
});

test('another secret is refused also where it would make a key for another algorithm', async () => {
  const { store, clock } = await openTokens('ES256');
  await expect(loadSigningKeys(store, randomBytes(32), 'EdDSA', clock())).rejects.toBeInstanceOf(StoreUnusableError);
});

test('a private key that was damaged, or put in the place of another, is refused', async () => {
  const { store, encryptionKey, clock } = await openTokens();
  const [record] = await store.listSigningKeys();
  const load = (changed: object) =>
    loadSigningKeys(
      { ...store, listSigningKeys: async () => [{ ...record, ...changed }] as never },
      encryptionKey,
      'ES256',
      clock(),
    );
  const sealed = Buffer.from(record?.encryptedPrivateKey ?? []);
  for (let i = 0; i < sealed.length; i += 5) {
    const damaged = Buffer.from(sealed);
    damaged.writeUInt8(damaged.readUInt8(i) ^ 1, i);
    await expect(load({ encryptedPrivateKey: damaged })).rejects.toBeInstanceOf(StoreUnusableError);
  }
  for (const length of [0, 1, 12, 27, sealed.length - 1]) {
    const cut = sealed.subarray(0, length);
    await expect(load({ encryptedPrivateKey: cut })).rejects.toBeInstanceOf(StoreUnusableError);
  }
  await expect(load({ kid: 'another' })).rejects.toBeInstanceOf(StoreUnusableError);
  await expect(load({})).resolves.toBeDefined();
});

test('two that open a new store at once agree on one key', async () => {
  const { directory, store, encryptionKey, clock } = await openTokens('ES256');
  const other = openSqliteStore(directory);
  onTestFinished(() => other.close());
  const [first, second] = await Promise.all(
    [store, other].map((each) => loadSigningKeys(each, encryptionKey, 'EdDSA', clock())),
  );
  expect(first?.current.algorithm).toBe('EdDSA');
  expect(first?.jwks).toBe(second?.jwks);
  expect(first?.current.kid).toBe(second?.current.kid);
  expect(JSON.parse(first?.jwks ?? '').keys).toHaveLength(2);
});

test('after a change of the algorithm the older tokens are good, and new ones are signed the new way', async () => {
  const { store, encryptionKey, keys, clock, tokens, revocations } = await openTokens('ES256');
  const old = await tokens.issue(subject);
  const changed = await loadSigningKeys(store, encryptionKey, 'RS256', clock());
  const now = createAccessTokens(changed, revocations, { issuer, audience, lifetime }, clock);
  expect(await now.verify(old)).toMatchObject(subject);
  const token = await now.issue(subject);
  expect(await now.verify(token)).toMatchObject(subject);
  expect(
    JSON.parse(changed.jwks)
      .keys.map(({ alg }: { alg: string }) => alg)
      .sort(),
  ).toEqual(['ES256', 'RS256']);
  // The process that has not been restarted does not know the new key.
  expect(await codeOf(tokens.verify(token))).toBe('UNAUTHENTICATED');

  const back = await loadSigningKeys(store, encryptionKey, 'ES256', clock());
  expect(back.current.kid).toBe(keys.current.kid);
});
