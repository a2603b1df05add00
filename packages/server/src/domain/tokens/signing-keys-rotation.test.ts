import { randomBytes } from 'node:crypto';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../test/domain.js';
import { audience, issuer, lifetime, openTokens, subject } from '../../../test/tokens.js';
import type { SigningKeys } from './signing-keys.js';

const minute = 60_000;
const day = 24 * 60 * minute;
const lead = 11 * minute;
const kept = lifetime + 5 * minute;

const statesOf = (keys: SigningKeys) => keys.list().map(({ state }) => state);
const published = (keys: SigningKeys): Record<string, string>[] => JSON.parse(keys.jwks).keys;
const kids = (keys: SigningKeys) => published(keys).map(({ kid }) => kid);
const operator = { now: false, compromised: false, source: 'operator' };

test('over half a year it rotates every 30 days, and every token is good until it expires, here and elsewhere', async () => {
  const { keys, tokens, clock } = await openTokens();
  const out: { token: string; at: number }[] = [];
  const signers = new Set<string>();
  let jwks = keys.jwks;
  let fetchedAt = clock();
  const start = clock();
  while (clock() < start + 180 * day) {
    await keys.rotateIfDue();
    // A verifier that keeps the set for as long as it may, and never looks again before.
    if (clock() - fetchedAt >= 10 * minute) [jwks, fetchedAt] = [keys.jwks, clock()];
    const near = (clock() - start + 2 * 60 * minute) % (30 * day) < 5 * 60 * minute;
    if (near) {
      out.push({ token: await tokens.issue(subject), at: clock() });
      signers.add(keys.current.kid);
      const options = { issuer, audience, currentDate: new Date(clock()) };
      await jwtVerify(out.at(-1)?.token ?? '', createLocalJWKSet(JSON.parse(jwks)), options);
      while (clock() - (out[0]?.at ?? 0) >= lifetime) out.shift();
      for (const { token } of out) expect(await tokens.verify(token)).toMatchObject(subject);
      tokens.forget();
      expect(published(keys).flatMap(Object.keys)).not.toContain('d');
    }
    clock.advance(near ? 5 * minute : 60 * minute);
  }
  expect(signers.size).toBe(6);
  const starts = keys.list().map(({ signsFrom }) => Math.round((signsFrom - start) / day));
  expect(starts).toEqual([0, 30, 60, 90, 120, 150, 180]);
});

test('the next key is published before it signs, and the last one after, until its tokens have expired', async () => {
  const { keys, clock } = await openTokens();
  const { kid: first, header } = keys.current;
  clock.advance(30 * day - lead - 1);
  await keys.rotateIfDue();
  expect(statesOf(keys)).toEqual(['current']);
  clock.advance(1);
  await keys.rotateIfDue();
  await keys.rotateIfDue();
  expect(statesOf(keys)).toEqual(['current', 'next']);
  const second = keys.list()[1]?.kid;
  expect(kids(keys)).toEqual([first, second]);
  expect(keys.current.kid).toBe(first);
  clock.advance(lead - 1);
  expect(keys.current.kid).toBe(first);
  clock.advance(1);
  expect(keys.current.kid).toBe(second);
  expect(statesOf(keys)).toEqual(['retiring', 'current']);
  clock.advance(kept - 1);
  expect(kids(keys)).toEqual([first, second]);
  expect(keys.find(header)?.kid).toBe(first);
  clock.advance(1);
  expect(keys.find(header)).toBeUndefined();
  expect(statesOf(keys)).toEqual(['retired', 'current']);
  expect(kids(keys)).toEqual([second]);
});

test('two nodes on one store rotate once, at the same moment and one after the other', async () => {
  const { keys, openKeys, clock } = await openTokens();
  const other = await openKeys();
  clock.advance(30 * day);
  await Promise.all([keys.rotateIfDue(), other.rotateIfDue(), keys.rotateIfDue()]);
  await other.reload();
  expect(keys.list()).toHaveLength(2);
  expect(other.list()).toEqual(keys.list());
  clock.advance(30 * day);
  await keys.rotateIfDue();
  await other.rotateIfDue();
  expect(keys.list()).toHaveLength(3);
  expect(other.list()).toEqual(keys.list());
});

describe('the operator', () => {
  test('adds the next key, which signs when verifiers know it', async () => {
    const { keys, clock } = await openTokens();
    const added = await keys.rotate(operator);
    expect(added).toMatchObject({ state: 'next', number: 2, signsFrom: clock() + lead, retiresAt: null });
    expect(keys.list()[0]).toMatchObject({ state: 'current', retiresAt: clock() + lead + kept });
  });

  test('has a new key sign at once; what was signed before stays good for its time', async () => {
    const { keys, tokens, openKeys, clock } = await openTokens();
    const node = await openKeys();
    const token = await tokens.issue(subject);
    const added = await node.rotate({ ...operator, now: true });
    expect(added.state).toBe('current');
    await keys.reload();
    expect(keys.current.kid).toBe(added.kid);
    clock.advance(lifetime - 1);
    await expect(tokens.verify(token)).resolves.toBeDefined();
  });

  test('drops a key that was stolen, also one that was to sign next, on every node', async () => {
    const { keys, tokens, openKeys } = await openTokens();
    const node = await openKeys();
    const [first, next] = [keys.current, await keys.rotate(operator)];
    const token = await tokens.issue(subject);
    await tokens.verify(token);
    const added = await node.rotate({ ...operator, now: true, compromised: true });
    // Not heard of yet.
    expect(tokens.recall(token)).toBeDefined();
    await keys.reload();
    tokens.forget();
    expect(tokens.recall(token)).toBeUndefined();
    expect(await codeOf(tokens.verify(token))).toBe('UNAUTHENTICATED');
    expect(keys.find(first.header)).toBeUndefined();
    expect(kids(keys)).toEqual([added.kid]);
    expect(keys.list().find(({ kid }) => kid === next.kid)?.state).toBe('retired');
    await expect(tokens.verify(await tokens.issue(subject))).resolves.toBeDefined();
    await keys.reload();
  });

  test('is heard at once although the clock of a node is hours behind', async () => {
    const { keys, openKeys, clock } = await openTokens();
    clock.advance(day);
    const node = await openKeys();
    const { header } = keys.current;
    await node.rotate({ ...operator, now: true, compromised: true });
    clock.advance(-179 * minute);
    await keys.reload();
    expect(keys.find(header)).toBeUndefined();
    expect(keys.current.kid).toBe(node.current.kid);
  });

  test('and others who rotate at the same time are all served', async () => {
    const { keys, openKeys, store } = await openTokens();
    const other = await openKeys();
    const added = await Promise.all([keys.rotate(operator), other.rotate(operator), keys.rotate(operator)]);
    expect(added.map(({ number }) => number).sort()).toEqual([2, 3, 4]);
    expect(await store.listSigningKeys()).toHaveLength(4);
  });
});

describe('another algorithm', () => {
  test('retires the keys of the first at its next rotation, and nodes that still sign with it go on', async () => {
    const { keys: old, tokens, openKeys, clock } = await openTokens('ES256');
    const fresh = await openKeys({ algorithm: 'EdDSA' });
    await old.reload();
    expect(fresh.list().map(({ retiresAt }) => retiresAt)).toEqual([null, null]);
    clock.advance(30 * day - lead);
    await fresh.rotateIfDue();
    const issued: string[] = [];
    const numberOfKeys: number[] = [];
    // Both see the other's changes for a day: neither retires the other again and again.
    for (let i = 0; i < 24 * 6; i++) {
      for (const each of [old, fresh]) {
        await each.reload();
        await each.rotateIfDue();
      }
      issued.push(await tokens.issue(subject));
      for (const token of issued.slice(-6)) await expect(tokens.verify(token)).resolves.toBeDefined();
      tokens.forget();
      numberOfKeys.push(fresh.list().length);
      clock.advance(10 * minute - 1);
    }
    expect(numberOfKeys.at(-1)).toBe(4);
    expect(old.current.algorithm).toBe('ES256');
  });

  test('whose operator drops every key makes the other nodes have one of their own at once', async () => {
    const { keys, tokens, openKeys } = await openTokens('ES256');
    const fresh = await openKeys({ algorithm: 'RS256' });
    await fresh.rotate({ ...operator, now: true, compromised: true });
    await keys.reload();
    expect(keys.current).toMatchObject({ algorithm: 'ES256', number: 2 });
    await expect(tokens.verify(await tokens.issue(subject))).resolves.toBeDefined();
  });
});

describe('while the secret is changed', () => {
  const [a, b] = [randomBytes(32), randomBytes(32)];

  test('the keys are encrypted anew at the start, and the old secret opens nothing any more', async () => {
    const { openKeys, encryptionKey, keys, tokens, create } = await openTokens();
    const token = await tokens.issue(subject);
    const changed = await openKeys({ encryptionKeys: [a, encryptionKey] });
    expect(changed.current.kid).toBe(keys.current.kid);
    const later = create({}, await openKeys({ encryptionKeys: [a] }));
    await expect(later.verify(token)).resolves.toBeDefined();
    await expect(openKeys()).rejects.toThrow('The secret does not fit the data');
  });

  test('without the previous one the start is refused, and nothing is changed', async () => {
    const { openKeys } = await openTokens();
    await expect(openKeys({ encryptionKeys: [a] })).rejects.toThrow('The secret does not fit the data');
    await expect(openKeys()).resolves.toBeDefined();
  });

  test('a node that has only the old secret goes on with what it knows, and says what to do, once', async () => {
    const { keys, openKeys, encryptionKey, log, tokens, clock } = await openTokens();
    const changed = await openKeys({ encryptionKeys: [b, encryptionKey] });
    const { kid } = keys.current;
    await changed.rotate(operator);
    await keys.reload();
    await keys.reload();
    clock.advance(lead);
    expect(keys.current.kid).toBe(kid);
    expect(changed.current.kid).not.toBe(kid);
    // Neither accepted nor published by its public half.
    expect(keys.find(changed.current.header)).toBeUndefined();
    expect(kids(keys)).toEqual([kid]);
    await expect(tokens.verify(await tokens.issue(subject))).resolves.toBeDefined();
    const errors = log.lines.filter(({ level }) => level === 'error');
    expect(errors).toHaveLength(1);
    expect(errors[0]?.message).toContain('start every node with both secrets');
  });
});

test('a public half that was changed in the database is not published', async () => {
  const { openKeys, store, keys } = await openTokens();
  const forged = JSON.stringify({ kty: 'EC', crv: 'P-256', x: 'attacker', y: 'attacker', kid: 'k', alg: 'ES256' });
  const listSigningKeys = async () => (await store.listSigningKeys()).map((each) => ({ ...each, publicJwk: forged }));
  expect((await openKeys({}, { ...store, listSigningKeys })).jwks).toBe(keys.jwks);
});

describe('when the clock jumps', () => {
  test('behind the first key, it signs and verifies all the same', async () => {
    const { tokens, keys, clock, openKeys } = await openTokens();
    clock.advance(-365 * day);
    await keys.rotateIfDue();
    await keys.reload();
    await expect(tokens.verify(await tokens.issue(subject))).resolves.toBeDefined();
    expect((await openKeys()).current.kid).toBe(keys.current.kid);
  });

  test('years ahead and back, there is a key at every time, and rotation goes on', async () => {
    const { tokens, keys, clock } = await openTokens();
    for (const years of [3, -3, 5, -5]) {
      clock.advance(years * 365 * day);
      await keys.rotateIfDue();
      await keys.reload();
      await expect(tokens.verify(await tokens.issue(subject))).resolves.toBeDefined();
    }
    const before = keys.list().length;
    for (let i = 0; i < 3; i++) {
      clock.advance(30 * day);
      await keys.rotateIfDue();
    }
    expect(keys.list().length).toBeGreaterThanOrEqual(before + 2);
  });
});

test('a token from more than a minute in the future is refused', async () => {
  const { tokens, clock } = await openTokens();
  clock.advance(120_000);
  const token = await tokens.issue(subject);
  clock.advance(-60_000);
  await expect(tokens.verify(token)).resolves.toBeDefined();
  tokens.forget();
  clock.advance(-1000);
  expect(await codeOf(tokens.verify(token))).toBe('UNAUTHENTICATED');
});
