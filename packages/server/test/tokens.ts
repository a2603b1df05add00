import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { createAccessTokens } from '../src/domain/tokens/access-tokens.js';
import type { SigningAlgorithm } from '../src/domain/tokens/algorithms.js';
import { loadRevocations } from '../src/domain/tokens/revocations.js';
import { loadSigningKeys } from '../src/domain/tokens/signing-keys.js';
import { openSqliteStore } from '../src/store/sqlite/open.js';
import { createTestClock, makeTempDirectory } from './harness.js';

export const issuer = 'https://api.example.com';
export const audience = 'https://api.example.com/graphql';
export const lifetime = 3_600_000;
export const subject = { userId: 'the user', sessionId: 'the session', scope: 'companies:read' };

export type OpenedTokens = Awaited<ReturnType<typeof openTokens>>;

/** Access tokens of a real store, with everything around them within reach of the test. */
export async function openTokens(algorithm: SigningAlgorithm = 'ES256', atEnd = onTestFinished) {
  const directory = await makeTempDirectory();
  const store = openSqliteStore(directory);
  atEnd(async () => {
    // A test may have closed it.
    await store.close().catch(() => undefined);
    rmSync(directory, { recursive: true });
  });
  const clock = createTestClock(Date.UTC(2030, 0, 1));
  const encryptionKey = randomBytes(32);
  const keys = await loadSigningKeys(store, encryptionKey, algorithm, clock());
  const revocations = await loadRevocations(store, lifetime, clock);
  const create = (settings: object = {}) =>
    createAccessTokens(keys, revocations, { issuer, audience, lifetime, ...settings }, clock);
  return { directory, store, clock, encryptionKey, keys, revocations, create, tokens: create() };
}

export const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
export const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString());
