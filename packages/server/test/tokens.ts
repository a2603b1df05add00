import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { createAccessTokens } from '../src/domain/tokens/access-tokens.js';
import type { SigningAlgorithm } from '../src/domain/tokens/algorithms.js';
import { createRevocations } from '../src/domain/tokens/revocations.js';
import { openSigningKeys, type SigningKeySettings } from '../src/domain/tokens/signing-keys.js';
import { openSqliteStore } from '../src/store/sqlite/open.js';
import { createTestClock, createTestLog, makeTempDirectory } from './harness.js';

export const issuer = 'https://api.example.com';
export const audience = 'https://api.example.com/graphql';
export const lifetime = 3_600_000;
export const keyTimes = { lifetime: 30 * 24 * 3_600_000, accessTokenLifetime: lifetime };
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
  const log = createTestLog();
  /** Opens the keys again, as another process would. */
  const openKeys = (settings: Partial<SigningKeySettings> = {}, at = store) =>
    openSigningKeys(
      at,
      { encryptionKeys: [encryptionKey], algorithm, ...keyTimes, upkeep: true, log, ...settings },
      clock,
    );
  const keys = await openKeys();
  const revocations = createRevocations({ lifetime, limit: 1000 }, clock);
  const isEnded = async (id: string) => (await store.findSession(id))?.revokedAt !== null;
  const create = (settings: object = {}, from = keys) =>
    createAccessTokens({ keys: from, revocations, isEnded }, { issuer, audience, lifetime, ...settings }, clock);
  return { directory, store, clock, log, encryptionKey, keys, openKeys, revocations, create, tokens: create() };
}

export const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
export const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString());
