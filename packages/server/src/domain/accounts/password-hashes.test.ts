import * as argon2 from '@node-rs/argon2';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createPasswordHashes } from './password-hashes.js';

// The real functions, counted.
vi.mock('@node-rs/argon2', { spy: true });
beforeEach(() => void vi.clearAllMocks());

const password = 'seven quiet lamps by the harbor';

describe('a hash', () => {
  test('is argon2id of at least the parameters that OWASP asks for, with a salt and a length of their own', async () => {
    const hash = await createPasswordHashes(1).hash(password);
    const [, memory, time, lanes, salt, output] =
      /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(hash) ?? [];
    expect(Number(memory)).toBeGreaterThanOrEqual(19_456);
    expect(Number(time)).toBeGreaterThanOrEqual(2);
    expect(Number(lanes)).toBe(1);
    expect(Buffer.from(salt ?? '', 'base64').length).toBeGreaterThanOrEqual(16);
    expect(Buffer.from(output ?? '', 'base64').length).toBeGreaterThanOrEqual(32);
  });

  test('of the same password is another each time', async () => {
    const { hash } = createPasswordHashes(1);
    expect(await hash(password)).not.toBe(await hash(password));
  });

  test('belongs to its password and to no other', async () => {
    const { hash, verify } = createPasswordHashes(1);
    const stored = await hash(password);
    expect(await verify(stored, password)).toBe(true);
    expect(await verify(stored, `${password} `)).toBe(false);
  });

  test('that is missing belongs to no password', async () => {
    const { verify } = createPasswordHashes(1);
    expect(await verify(undefined, '')).toBe(false);
    expect(await verify(undefined, password)).toBe(false);
  });

  test.each([
    [true, '$argon2id$v=19$m=19455,t=2,p=1$c2FsdA$aGFzaA'],
    [true, '$argon2id$v=19$m=19456,t=1,p=1$c2FsdA$aGFzaA'],
    [true, '$argon2id$v=16$m=19456,t=2,p=1$c2FsdA$aGFzaA'],
    [true, '$argon2i$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA'],
    [true, '$2b$12$abcdefghijklmnopqrstuv'],
    [false, '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA'],
    [false, '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA'],
  ])('is outdated (%s): %s', (isOutdated, hash) => {
    expect(createPasswordHashes(1).isOutdated(hash)).toBe(isOutdated);
  });
});

describe('the queue', () => {
  /** What argon2 was asked to hash so far; the hash that stands in for unknown users is none of it. */
  const begun = () =>
    vi
      .mocked(argon2.hash)
      .mock.calls.slice(1)
      .map(([text]) => text);
  const numbered = (count: number) => Array.from({ length: count }, (_, i) => `password ${i}`);

  test('serves who waits in turn, and leaves two threads of the pool to the signatures', async () => {
    const { hash } = await vi.importActual<typeof argon2>('@node-rs/argon2');
    let running = 0;
    let most = 0;
    vi.mocked(argon2.hash).mockImplementation(async (...args) => {
      most = Math.max(most, ++running);
      return hash(...args).finally(() => running--);
    });
    onTestFinished(() => void vi.mocked(argon2.hash).mockImplementation(hash));
    const hashes = createPasswordHashes(100);
    await vi.mocked(argon2.hash).mock.results[0]?.value;

    const [early, late] = [numbered(20).slice(0, 10), numbered(20).slice(10)];
    const [first, ...others] = early.map((each) => hashes.hash(each));
    expect(running + hashes.waiting).toBe(10);
    await first;
    // These come while places are handed on.
    await Promise.all([...others, ...late.map((each) => hashes.hash(each))]);
    expect(begun()).toEqual(numbered(20));
    expect(hashes.waiting).toBe(0);
    expect(most).toBeLessThanOrEqual(Math.max(1, Number(process.env.UV_THREADPOOL_SIZE ?? 4) - 2));
  });

  test('refuses what it has no room for, and the caller learns when to come again', async () => {
    const hashes = createPasswordHashes(3);
    const outcomes = await Promise.allSettled(numbered(20).map((each) => hashes.hash(each)));
    const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(refused.length).toBe(20 - begun().length);
    expect(refused.length).toBeGreaterThan(0);
    for (const { reason } of refused) {
      expect(reason).toMatchObject({ code: 'OVERLOADED', status: 503, retryAfter: 1 });
    }
    await expect(hashes.hash(password)).resolves.toBeDefined();
  });

  test('gives back the place of a hash that failed', async () => {
    const hashes = createPasswordHashes(100);
    const broken = await Promise.allSettled(numbered(20).map((each) => hashes.verify('no hash at all', each)));
    expect(new Set(broken.map(({ status }) => status))).toEqual(new Set(['rejected']));
    const stored = await hashes.hash(password);
    expect(await hashes.verify(stored, password)).toBe(true);
    expect(hashes.waiting).toBe(0);
  });
});
