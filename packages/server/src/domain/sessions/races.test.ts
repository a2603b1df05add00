import { randomBytes, randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { codeOf, minute, openTestDomain, origin } from '../../../test/domain.js';
import { password } from '../../../test/harness.js';
import { base64url } from '../../lib/base64url.js';
import type { UserRecord } from '../../store/store.js';
import { changePassword } from '../accounts/change-password.js';
import { disableUser } from '../accounts/disable-user.js';
import type { PasswordHashes } from '../accounts/password-hashes.js';
import type { Domain, TokenSet } from '../domain.js';
import type { ErrorCode } from '../errors.js';
import type { AccessTokens, Claims } from '../tokens/access-tokens.js';
import { refresh } from './refresh.js';
import { revokeSessionByOperator } from './revoke-by-operator.js';
import { revokeSession } from './revoke-session.js';
import { signIn } from './sign-in.js';
import { signOut } from './sign-out.js';
import { createTokenSet } from './token-set.js';

// What a password must be like is not what is raced, and costs 20 ms a round.
vi.mock('../accounts/password-policy.js', () => ({ assertAcceptablePassword: async () => undefined }));

const rounds = 50;
const newPassword = 'x7Kq9vTzLm2WpRe';

/** Hashes that cost nothing, so that a race is over what the domain and the store do. */
const quickHashes: PasswordHashes = {
  hash: async (word) => `new hash of ${word}`,
  verify: async (hash, word) => hash?.endsWith(` hash of ${word}`) ?? false,
  isOutdated: (hash) => hash.startsWith('old '),
  waiting: 0,
};

async function openRace() {
  const opened = await openTestDomain();
  const domain: Domain = { ...opened.domain, passwordHashes: quickHashes };
  const addUser = (hash = 'new') =>
    opened.addUser({
      id: randomUUID(),
      userName: `${randomUUID()}@example.com`,
      passwordHash: `${hash} hash of ${password}`,
    });
  return { ...opened, domain, addUser };
}

/** What a sign-in gives, without one. */
async function openSession(domain: Domain, { id: userId, passwordHash, scope }: UserRecord): Promise<TokenSet> {
  const { clock, settings, store } = domain;
  const [now, id] = [clock(), base64url(randomBytes(16))];
  const times = { createdAt: now, rotatedAt: now, idleExpiresAt: now + settings.sessionIdleLifetime };
  const session = { id, userId, generation: 0, ...times, expiresAt: now + settings.sessionLifetime };
  const audit = { at: now, action: 'session.signed_in', userId, sessionId: id, source: '', detail: null };
  const ended = { revokedAt: null, revokedReason: null };
  const admission = { passwordHash, limit: 100, endAtMost: 9, reason: 'x', endedAudit: audit };
  await store.addSession({ ...session, ...ended, ...origin }, admission, audit);
  return createTokenSet(domain, { userId, scope }, { sessionId: id, generation: 0 });
}

/**
 * Refreshes on and on, each time twice at once as a caller does who retries, until it is refused or as often as any
 * caller would; returns all that was answered.
 */
async function refreshUntilRefused(domain: Domain, first: TokenSet): Promise<TokenSet[]> {
  const answered = [first];
  for (let last = first, step = 0; step < 10; step++) {
    const { refreshToken } = last;
    const attempt = () => refresh(domain, { refreshToken }, origin).catch(() => undefined);
    const both = (await Promise.all([attempt(), attempt()])).filter((tokens) => tokens !== undefined);
    answered.push(...both);
    const next = both[0];
    if (!next) return answered;
    last = next;
  }
  return answered;
}

/** In each round a little later than in the one before. */
async function later<T>(turns: number, act: () => Promise<T>): Promise<T> {
  for (let turn = 0; turn < turns; turn++) await nextTurn();
  return act();
}

const refused: readonly ErrorCode[] = ['REFRESH_TOKEN_REVOKED', 'REFRESH_TOKEN_REUSED'];

async function expectDead(domain: Domain, tokens: readonly TokenSet[]): Promise<void> {
  for (const { accessToken, refreshToken } of tokens) {
    expect(await codeOf(domain.accessTokens.verify(accessToken))).toBe('TOKEN_REVOKED');
    expect(refused).toContain(await codeOf(refresh(domain, { refreshToken }, origin)));
  }
}

interface Target {
  readonly userName: string;
  readonly claims: Claims;
  /** Of another session of the same user. */
  readonly other: Claims;
}

const changes: readonly (readonly [string, (domain: Domain, userName: string) => Promise<unknown>])[] = [
  ['disableUser', disableUser],
  ['changePassword', (domain, userName) => changePassword(domain, { userName, password: newPassword })],
];

const endings: readonly (readonly [string, (domain: Domain, target: Target) => Promise<unknown>])[] = [
  ['signOut', (domain, { claims }) => signOut(domain, claims, { everywhere: false }, origin)],
  ['signOut everywhere', (domain, { other }) => signOut(domain, other, { everywhere: true }, origin)],
  ['revokeSession', (domain, { claims, other }) => revokeSession(domain, other, claims.sessionId, origin)],
  ['an operator who revokes it', (domain, { claims }) => revokeSessionByOperator(domain, claims.sessionId)],
  ...changes.map(
    ([name, change]) => [name, (domain: Domain, { userName }: Target) => change(domain, userName)] as const,
  ),
];

describe('after a race of refreshes with', () => {
  test.each(endings)('%s no token that was ever answered is good', async (_, end) => {
    const { domain, addUser } = await openRace();
    let outrun = 0;
    for (let round = 0; round < rounds; round++) {
      const user = await addUser();
      const first = await openSession(domain, user);
      const claims = await domain.accessTokens.verify(first.accessToken);
      const other = await domain.accessTokens.verify((await openSession(domain, user)).accessToken);
      const [, answered] = await Promise.all([
        later(round % 5, () => end(domain, { userName: user.userName, claims, other })),
        refreshUntilRefused(domain, first),
      ]);
      await expectDead(domain, answered);
      if (answered.length > 1) outrun++;
    }
    // Otherwise nothing was raced.
    expect(outrun).toBeGreaterThan(0);
  });
});

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

test('a token that is signed after its session has ended is refused for as long as it would be good', async () => {
  const { domain, clock, addUser } = await openRace();
  const user = await addUser();
  const first = await openSession(domain, user);
  const claims = await domain.accessTokens.verify(first.accessToken);
  const isRotated = gate();
  const maySign = gate();
  const issue: AccessTokens['issue'] = async (subject) => {
    isRotated.open();
    await maySign.opened;
    return domain.accessTokens.issue(subject);
  };
  const slow: Domain = { ...domain, accessTokens: { ...domain.accessTokens, issue } };
  const answer = refresh(slow, { refreshToken: first.refreshToken }, origin);
  await isRotated.opened;
  await signOut(domain, claims, { everywhere: false }, origin);
  clock.advance(4 * minute);
  maySign.open();
  const { accessToken } = await answer;
  expect(await codeOf(domain.accessTokens.verify(accessToken))).toBe('TOKEN_REVOKED');
  clock.advance(59 * minute);
  // What is too old is forgotten whenever another session ends.
  domain.revocations.add('another');
  expect(await codeOf(domain.accessTokens.verify(accessToken))).toBe('TOKEN_REVOKED');
  clock.advance(minute);
  expect(await codeOf(domain.accessTokens.verify(accessToken))).toBe('TOKEN_EXPIRED');
});

describe('after a race of sign-ins with', () => {
  // A hash of old parameters is replaced in the middle of the sign-in.
  test.each(changes.flatMap(([name, change]) => ['new', 'old'].map((hash) => [name, hash, change] as const)))(
    '%s, from a hash of %s parameters, nobody is signed in',
    async (_, hash, change) => {
      const { domain, addUser, clock } = await openRace();
      let outrun = 0;
      for (let round = 0; round < rounds; round++) {
        const { id: userId, userName } = await addUser(hash);
        const enter = () => signIn(domain, { userName, password }, origin).catch(() => undefined);
        const [, ...answers] = await Promise.all([
          later(round % 5, () => change(domain, userName)),
          enter(),
          later(1, enter),
          later(round % 3, enter),
        ]);
        const answered = answers.filter((tokens) => tokens !== undefined);
        await expectDead(domain, answered);
        expect(await domain.store.listSessions({ userId, now: clock(), limit: 10 })).toEqual([]);
        expect(await codeOf(signIn(domain, { userName, password }, origin))).toBe('INVALID_CREDENTIALS');
        if (answered.length > 0) outrun++;
      }
      expect(outrun).toBeGreaterThan(0);
    },
  );
});
