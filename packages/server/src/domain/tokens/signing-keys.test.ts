import { createPrivateKey, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { calculateJwkThumbprint } from 'jose';
import { describe, expect, onTestFinished, test } from 'vitest';
import { codeOf } from '../../../test/domain.js';
import { makeTempDirectory } from '../../../test/harness.js';
import { openTokens, subject } from '../../../test/tokens.js';
import { openSqliteStore } from '../../store/sqlite/open.js';
import { StoreUnusableError } from '../../store/store.js';
import { signingAlgorithms } from './algorithms.js';

describe.each(signingAlgorithms)('a key for %s', (algorithm) => {
  test('is made once, and is the same after a restart', async () => {
    const { directory, store, openKeys, keys, tokens, create } = await openTokens(algorithm);
    const token = await tokens.issue(subject);
    await store.close();
    const again = openSqliteStore(directory);
    onTestFinished(() => again.close());
    const reloaded = await openKeys({}, again);
    expect(reloaded.jwks).toBe(keys.jwks);
    expect(reloaded.list()).toEqual(keys.list());
    expect(reloaded.find(keys.current.header)?.kid).toBe(keys.current.kid);
    const restarted = create({}, reloaded);
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
  const { openKeys } = await openTokens();
  const wrong = openKeys({ encryptionKeys: [randomBytes(32), randomBytes(32)] });
  await expect(wrong).rejects.toBeInstanceOf(StoreUnusableError);
  await expect(wrong).rejects.toThrow(
    'The secret does not fit the data: the signing keys were encrypted under another one. Start with the LATCHKEY_SECRET (or the secret file) that this data was made with.',
  );
});

test('another secret is refused also where it would make a key for another algorithm', async () => {
  const { openKeys } = await openTokens('ES256');
  const wrong = openKeys({ encryptionKeys: [randomBytes(32)], algorithm: 'EdDSA' });
  await expect(wrong).rejects.toBeInstanceOf(StoreUnusableError);
});

test('a private key that was damaged, or put in the place of another, is refused', async () => {
  const { store, openKeys } = await openTokens();
  const [record] = await store.listSigningKeys();
  const load = (changed: object) =>
    openKeys({}, { ...store, listSigningKeys: async () => [{ ...record, ...changed }] as never });
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
  await expect(load({ algorithm: 'RS256' })).rejects.toBeInstanceOf(StoreUnusableError);
  await expect(load({})).resolves.toBeDefined();
});

test('two that open a new store at once agree on one key', async () => {
  const { directory, store, openKeys } = await openTokens('ES256');
  const other = openSqliteStore(directory);
  onTestFinished(() => other.close());
  const [first, second] = await Promise.all([store, other].map((each) => openKeys({ algorithm: 'EdDSA' }, each)));
  expect(first?.current.algorithm).toBe('EdDSA');
  expect(first?.jwks).toBe(second?.jwks);
  expect(first?.current.kid).toBe(second?.current.kid);
  expect(JSON.parse(first?.jwks ?? '').keys).toHaveLength(2);
});

test('after a change of the algorithm the older tokens are good, and new ones are signed the new way', async () => {
  const { openKeys, keys, tokens, create } = await openTokens('ES256');
  const old = await tokens.issue(subject);
  const changed = await openKeys({ algorithm: 'RS256' });
  const now = create({}, changed);
  expect(await now.verify(old)).toMatchObject(subject);
  const token = await now.issue(subject);
  expect(await now.verify(token)).toMatchObject(subject);
  const algorithms = JSON.parse(changed.jwks).keys.map(({ alg }: { alg: string }) => alg);
  expect(algorithms.sort()).toEqual(['ES256', 'RS256']);
  // The process that has not heard of it does not know the new key.
  expect(await codeOf(tokens.verify(token))).toBe('UNAUTHENTICATED');
  await keys.reload();
  expect(await tokens.verify(token)).toMatchObject(subject);

  const back = await openKeys({ algorithm: 'ES256' });
  expect(back.current.kid).toBe(keys.current.kid);
});

describe('without upkeep, as a command opens them', () => {
  test('no key is made for another algorithm: what the servers sign with is current, and signs', async () => {
    const { openKeys, keys, tokens, create, store } = await openTokens('EdDSA');
    const before = await store.listSigningKeys();
    const looked = await openKeys({ algorithm: 'ES256', upkeep: false });
    await looked.reload();
    expect(looked.current.kid).toBe(keys.current.kid);
    expect(looked.list()).toEqual(keys.list());
    expect(await store.listSigningKeys()).toEqual(before);
    await expect(tokens.verify(await create({}, looked).issue(subject))).resolves.toMatchObject(subject);
  });

  test('what is asked for is added all the same, in the algorithm that is set', async () => {
    const { openKeys, store, clock } = await openTokens('EdDSA');
    clock.advance(1);
    const command = await openKeys({ algorithm: 'ES256', upkeep: false });
    const added = await command.rotate({ now: true, compromised: false, source: 'operator' });
    expect(added).toMatchObject({ algorithm: 'ES256', number: 1, state: 'current' });
    expect(command.list().map(({ state }) => state)).toEqual(['retiring', 'current']);
    expect(await store.listSigningKeys()).toHaveLength(2);
  });

  test('what another secret had encrypted is read, and left as it is', async () => {
    const { openKeys, encryptionKey, store, keys } = await openTokens();
    const before = await store.listSigningKeys();
    const looked = await openKeys({ encryptionKeys: [randomBytes(32), encryptionKey], upkeep: false });
    expect(looked.current.kid).toBe(keys.current.kid);
    expect(await store.listSigningKeys()).toEqual(before);
  });

  test('a store that has no key gets its first one, once', async () => {
    const directory = await makeTempDirectory();
    const store = openSqliteStore(directory);
    onTestFinished(async () => {
      await store.close();
      rmSync(directory, { recursive: true });
    });
    const { openKeys } = await openTokens('EdDSA');
    const first = await openKeys({ upkeep: false }, store);
    expect(first.current).toMatchObject({ algorithm: 'EdDSA' });
    expect((await openKeys({ upkeep: false }, store)).jwks).toBe(first.jwks);
    expect(await store.listSigningKeys()).toHaveLength(1);
  });
});
