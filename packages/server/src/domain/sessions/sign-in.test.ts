import { setImmediate as nextTurn } from 'node:timers/promises';
import * as argon2 from '@node-rs/argon2';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { auditOf, codeOf, day, hour, openTestDomain, origin } from '../../../test/domain.js';
import { password } from '../../../test/harness.js';
import type { Domain, TokenSet } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import { refresh } from './refresh.js';
import { signIn } from './sign-in.js';

// The real functions, counted.
vi.mock('@node-rs/argon2', { spy: true });
beforeEach(() => void vi.clearAllMocks());

const userName = 'ada@example.com';

/** A domain with Ada in it, and a sign-in of hers. */
async function openWithAda(ownPassword = password) {
  const opened = await openTestDomain();
  const passwordHash = await opened.domain.passwordHashes.hash(ownPassword);
  const ada = await opened.addUser({ userName, passwordHash });
  vi.clearAllMocks();
  return { ...opened, ada, signInWith: (typed: string) => signInAs(opened.domain, userName, typed) };
}

const signInAs = (domain: Domain, name: string, typed = password) =>
  signIn(domain, { userName: name, password: typed }, origin);

describe('a sign-in', () => {
  test('gives the tokens of a new session', async () => {
    const opened = await openWithAda();
    const { domain, ada, clock, signInWith } = opened;
    const tokens = await signInWith(password);
    expect(tokens).toEqual({
      accessToken: expect.any(String),
      refreshToken: expect.stringMatching(/^lk_rt_/),
      tokenType: 'Bearer',
      expiresIn: 3600,
      scope: ada.scope,
    });
    const { sessionId, ...claims } = await domain.accessTokens.verify(tokens.accessToken);
    expect(claims).toEqual({ userId: ada.id, scope: ada.scope, expiresAt: clock() + hour });
    expect(await domain.store.findSession(sessionId)).toEqual({
      id: sessionId,
      userId: ada.id,
      generation: 0,
      createdAt: clock(),
      rotatedAt: clock(),
      idleExpiresAt: clock() + 30 * day,
      expiresAt: clock() + 90 * day,
      revokedAt: null,
      revokedReason: null,
      ...origin,
    });
    const entry = { action: 'session.signed_in', userId: ada.id, sessionId, source: origin.source, detail: null };
    expect(auditOf(opened).slice(1)).toEqual([entry]);
  });

  test('finds the user under any spelling of the address', async () => {
    const { domain } = await openWithAda();
    await expect(signInAs(domain, '  ADA@Example.COM\n')).resolves.toBeDefined();
  });

  test('keeps a bounded part of a long user agent', async () => {
    const { domain, sql } = await openWithAda();
    await signIn(domain, { userName, password }, { ...origin, userAgent: 'x'.repeat(100_000) });
    expect(sql('SELECT user_agent AS userAgent FROM sessions')).toEqual([{ userAgent: 'x'.repeat(256) }]);
  });

  test('leaves neither password nor token in the log or in the audit', async () => {
    const opened = await openWithAda();
    const { refreshToken, accessToken } = await opened.signInWith(password);
    await codeOf(opened.signInWith('a wrong password'));
    const told = JSON.stringify([opened.log.lines, auditOf(opened)]);
    for (const secret of [password, 'a wrong password', refreshToken, accessToken]) expect(told).not.toContain(secret);
  });
});

describe('a sign-in of somebody with as many sessions as a user may have', () => {
  test('ends the oldest: neither its access token nor its refresh token is good', async () => {
    const opened = await openTestDomain({ sessionsPerUser: 2 });
    const { domain, clock } = opened;
    const ada = await opened.addUser({ userName });
    const tokens = [];
    for (let i = 0; i < 3; i++) {
      tokens.push(await signInAs(domain, userName));
      clock.advance(1);
    }
    const [first, second, third] = tokens as [TokenSet, TokenSet, TokenSet];
    expect(await codeOf(domain.accessTokens.verify(first.accessToken))).toBe('TOKEN_REVOKED');
    expect(await codeOf(refresh(domain, first, origin))).toBe('REFRESH_TOKEN_REVOKED');
    for (const living of [second, third]) {
      await domain.accessTokens.verify(living.accessToken);
      await refresh(domain, living, origin);
    }
    const ended = opened.sql('SELECT id, revoked_reason AS reason FROM sessions WHERE revoked_at IS NOT NULL');
    expect(ended).toEqual([{ id: expect.any(String), reason: 'too_many_sessions' }]);
    const { sessionId: by } = await domain.accessTokens.verify(third.accessToken);
    expect(auditOf(opened)).toContainEqual({
      action: 'session.ended_as_too_many',
      userId: ada.id,
      sessionId: ended[0]?.id,
      source: origin.source,
      detail: `by session ${by}`,
    });
  });
});

describe('an unknown user, a wrong password and a disabled user', () => {
  async function openWithThree() {
    const opened = await openWithAda();
    await opened.addUser({ userName: 'gone@example.com', disabledAt: opened.clock() });
    const { domain } = opened;
    const attempts = {
      'unknown user': () => signInAs(domain, 'nobody@example.com'),
      'no address at all': () => signInAs(domain, 'nobody'),
      'wrong password': () => signInAs(domain, userName, 'not the right one'),
      'disabled user': () => signInAs(domain, 'gone@example.com'),
      'disabled user, wrong password': () => signInAs(domain, 'gone@example.com', 'not the right one'),
    };
    return { ...opened, attempts };
  }

  test('are the same error, and leave no session', async () => {
    const { attempts, sql } = await openWithThree();
    const refused = await Promise.all(
      Object.values(attempts).map((attempt) => attempt().catch((error: unknown) => error)),
    );
    for (const error of refused) {
      expect(error).toBeInstanceOf(LatchkeyError);
      expect({ ...(error as LatchkeyError), message: (error as LatchkeyError).message }).toEqual({
        code: 'INVALID_CREDENTIALS',
        status: 200,
        name: 'LatchkeyError',
        message: 'The email address or the password is wrong.',
        hint: expect.any(String),
        retryAfter: undefined,
      });
    }
    expect(sql('SELECT id FROM sessions')).toEqual([]);
  });

  test('cost one hash each, of the same parameters', async () => {
    const { attempts } = await openWithThree();
    for (const [name, attempt] of Object.entries(attempts)) {
      vi.clearAllMocks();
      await codeOf(attempt());
      expect(argon2.verify, name).toHaveBeenCalledTimes(1);
      expect(argon2.hash, name).not.toHaveBeenCalled();
      const [against] = vi.mocked(argon2.verify).mock.calls[0] ?? [];
      expect(against, name).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    }
  });

  test('take about the same time', async () => {
    const { attempts } = await openWithThree();
    const times = new Map<string, number[]>();
    for (let round = 0; round < 7; round++) {
      for (const [name, attempt] of Object.entries(attempts)) {
        const startedAt = performance.now();
        await codeOf(attempt());
        times.set(name, [...(times.get(name) ?? []), performance.now() - startedAt]);
      }
    }
    // The least of seven: what else the machine does can only add to it. Without the hash it is a fiftieth.
    const least = [...times.values()].map((each) => Math.min(...each));
    expect(Math.max(...least) / Math.min(...least)).toBeLessThan(5);
  });
});

describe('a user who is disabled while the password is checked', () => {
  test('gets no session', async () => {
    const { signInWith, sql } = await openWithAda();
    const signedIn = signInWith(password);
    while (vi.mocked(argon2.verify).mock.calls.length === 0) await nextTurn();
    sql('UPDATE users SET disabled_at = 1');
    expect(await codeOf(signedIn)).toBe('INVALID_CREDENTIALS');
    expect(sql('SELECT id FROM sessions')).toEqual([]);
  });
});

describe('a password', () => {
  test.each([
    ['typed as letter and accent', 'Ame\u0301lie und die Lampen', 'Am\u00e9lie und die Lampen'],
    ['of other canonically equal characters', '\u212bngstr\u00f6m am Hafen 7', 'A\u030angstro\u0308m am Hafen 7'],
  ])('is the same %s', async (_, own, typed) => {
    const { signInWith } = await openWithAda(own);
    await expect(signInWith(typed)).resolves.toBeDefined();
    await expect(signInWith(own)).resolves.toBeDefined();
  });

  const long = 'seven quiet lamps by the harbor, and behind them nine boats that wait for the wind';
  test.each([
    ['a space at its end', password, `${password} `],
    ['no space at its end', `${password} `, password],
    ['a space before it', password, ` ${password}`],
    ['another case', password, password.toUpperCase()],
    ['another byte after the seventy-second', long, `${long.slice(0, -1)}D`],
    ['nothing after the seventy-second byte', long, long.slice(0, 72)],
    ['another character after a NUL', `${password}\0a`, `${password}\0b`],
    ['nothing after a NUL', `${password}\0a`, password],
    ['another emoji', `${password} 🦉`, `${password} 🦆`],
    ['compatible characters (NFKC is not NFC)', 'ﬁve quiet lamps by the sea', 'five quiet lamps by the sea'],
    ['nothing at all', password, ''],
  ])('with %s is another', async (_, own, typed) => {
    const { signInWith } = await openWithAda(own);
    expect(await codeOf(signInWith(typed))).toBe('INVALID_CREDENTIALS');
    await expect(signInWith(own)).resolves.toBeDefined();
  });

  test.each([
    ['of exactly the most bytes', 'é'.repeat(512)],
    ['of emoji', '🦉🦆🐙🦔🐝🐌🦋🐢🦂🐬🦕🐊🦓🦒🦘'],
    ['with NUL and other control characters', 'a\0b\u0001c\u007fd\r\n\te'],
  ])('%s signs in', async (_, own) => {
    const { signInWith } = await openWithAda(own);
    await expect(signInWith(own)).resolves.toBeDefined();
  });

  test.each([
    ['a byte', `${'é'.repeat(512)}e`],
    ['a megabyte', 'x'.repeat(1_000_000)],
  ])('over the limit by %s is refused, and never hashed', async (_, typed) => {
    const { domain, signInWith } = await openWithAda();
    expect(await codeOf(signInWith(typed))).toBe('PASSWORD_TOO_LONG');
    expect(await codeOf(signInAs(domain, 'nobody@example.com', typed))).toBe('PASSWORD_TOO_LONG');
    expect(argon2.verify).not.toHaveBeenCalled();
    expect(argon2.hash).not.toHaveBeenCalled();
  });
});

describe('a hash', () => {
  const weaker = { memoryCost: 8192, timeCost: 1, parallelism: 1 };

  test('of weaker parameters is replaced at a good sign-in', async () => {
    const { domain, addUser } = await openTestDomain();
    const { id } = await addUser({ userName, passwordHash: await argon2.hash(password, weaker) });
    await signInAs(domain, userName);
    expect((await domain.store.findUserById(id))?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    await expect(signInAs(domain, userName)).resolves.toBeDefined();
    expect(await codeOf(signInAs(domain, userName, 'not the right one'))).toBe('INVALID_CREDENTIALS');
  });

  test('of weaker parameters stays at a refused sign-in', async () => {
    const { domain, addUser } = await openTestDomain();
    const passwordHash = await argon2.hash(password, weaker);
    await addUser({ userName, passwordHash });
    await addUser({ id: 'gone', userName: 'gone@example.com', passwordHash, disabledAt: 1 });
    await codeOf(signInAs(domain, userName, 'not the right one'));
    await codeOf(signInAs(domain, 'gone@example.com'));
    for (const name of [userName, 'gone@example.com']) {
      expect((await domain.store.findUser(name))?.passwordHash).toBe(passwordHash);
    }
  });

  test('of the same or stronger parameters stays', async () => {
    const { domain, addUser } = await openTestDomain();
    const passwordHash = await argon2.hash(password, { memoryCost: 20_480, timeCost: 3, parallelism: 1 });
    await addUser({ userName, passwordHash });
    await signInAs(domain, userName);
    expect((await domain.store.findUser(userName))?.passwordHash).toBe(passwordHash);
  });
});
