import { randomBytes } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { codeOf, hour, openTestDomain, openTestSession, origin } from '../../../test/domain.js';
import { base64url } from '../../lib/base64url.js';
import { refresh } from './refresh.js';
import { formatRefreshToken, parseRefreshToken } from './refresh-token.js';
import { signOut } from './sign-out.js';

const id = () => base64url(randomBytes(16));

describe('a refresh is refused', () => {
  test.each([
    ['an access token', ({ accessToken }: { accessToken: string }) => accessToken],
    ['a token of another secret', () => formatRefreshToken([randomBytes(32)], { sessionId: id(), generation: 0 })],
    ['nothing', () => ''],
    ['a megabyte', () => 'lk_rt_'.padEnd(1_000_000, 'A')],
  ])('for %s, without a look at the store', async (_, choose) => {
    const { domain, first, restart } = await openTestSession();
    await restart();
    // Its store is closed now: whoever asked it would hear STORE_UNAVAILABLE.
    const refused = refresh(domain, { refreshToken: choose(first) }, origin);
    expect(await codeOf(refused)).toBe('REFRESH_TOKEN_INVALID');
  });

  test('for a session that is not there any more', async () => {
    const { domain } = await openTestDomain();
    const refreshToken = formatRefreshToken(domain.refreshTokenKeys, { sessionId: id(), generation: 0 });
    expect(await codeOf(refresh(domain, { refreshToken }, origin))).toBe('REFRESH_TOKEN_EXPIRED');
  });

  test('at the idle limit, and not a millisecond before', async () => {
    const { first, refresh, session, clock } = await openTestSession({ sessionIdleLifetime: 2 * hour });
    clock.advance(2 * hour - 1);
    const { refreshToken } = await refresh(first.refreshToken);
    clock.advance(2 * hour);
    expect(await codeOf(refresh(refreshToken))).toBe('REFRESH_TOKEN_EXPIRED');
    expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_EXPIRED');
    expect((await session())?.revokedAt).toBeNull();
  });

  test('at the absolute limit, however busy the session was', async () => {
    const { first, refresh, clock } = await openTestSession({
      sessionIdleLifetime: 2 * hour,
      sessionLifetime: 5 * hour,
    });
    let { refreshToken } = first;
    for (let i = 0; i < 4; i++) {
      clock.advance(hour);
      ({ refreshToken } = await refresh(refreshToken));
    }
    clock.advance(hour - 1);
    ({ refreshToken } = await refresh(refreshToken));
    clock.advance(1);
    expect(await codeOf(refresh(refreshToken))).toBe('REFRESH_TOKEN_EXPIRED');
  });

  test('after the user was disabled, for the token and for a retry, and is no replay', async () => {
    const opened = await openTestSession();
    const { user, first, refresh, session, sql } = opened;
    const next = await refresh(first.refreshToken);
    sql('UPDATE users SET disabled_at = 1 WHERE id = ?', user.id);
    expect(await codeOf(refresh(next.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
    expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
    expect(await session()).toMatchObject({ generation: 1, revokedAt: null });
  });

  test('after the sign-out, for the token and for a retry', async () => {
    const { domain, first, refresh } = await openTestSession();
    const next = await refresh(first.refreshToken);
    const claims = await domain.accessTokens.verify(next.accessToken);
    await signOut(domain, claims, { everywhere: false }, origin);
    expect(await codeOf(refresh(next.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
    expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
  });
});

describe('a race', () => {
  test('of fifty with one token has one successor, the same in every answer, and the session lives', async () => {
    const { domain, first, refresh, session } = await openTestSession();
    const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(first.refreshToken)));
    const [successor, ...others] = new Set(answers.map(({ refreshToken }) => refreshToken));
    expect(others).toEqual([]);
    expect(parseRefreshToken(domain.refreshTokenKeys, successor ?? '')?.generation).toBe(1);
    for (const { accessToken } of answers) await expect(domain.accessTokens.verify(accessToken)).resolves.toBeDefined();
    expect(await session()).toMatchObject({ generation: 1, revokedAt: null });
    await expect(refresh(successor ?? '')).resolves.toBeDefined();
  });

  test.each(['the refresh', 'the sign-out'])(
    'with a sign-out leaves nothing good where %s comes first',
    async (which) => {
      const { domain, first, refresh } = await openTestSession();
      const claims = await domain.accessTokens.verify(first.accessToken);
      const end = () => signOut(domain, claims, { everywhere: false }, origin);
      const [refreshed] =
        which === 'the refresh'
          ? await Promise.allSettled([refresh(first.refreshToken), end()])
          : await Promise.allSettled([end(), refresh(first.refreshToken)]).then((outcomes) => outcomes.toReversed());
      expect(refreshed?.status).toBe(which === 'the refresh' ? 'fulfilled' : 'rejected');
      const tokens = [first, ...(refreshed?.status === 'fulfilled' ? [refreshed.value as typeof first] : [])];
      for (const { accessToken, refreshToken } of tokens) {
        expect(await codeOf(domain.accessTokens.verify(accessToken))).toBe('TOKEN_REVOKED');
        expect(await codeOf(refresh(refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
      }
    },
  );

  test.each(['the refreshes', 'the disabling'])(
    'with disabling a user leaves nothing good where %s come first',
    async (which) => {
      const { user, first, refresh, sql } = await openTestSession();
      const refreshed = Promise.allSettled(Array.from({ length: 10 }, () => refresh(first.refreshToken)));
      // The refreshes share the transaction at the end of this turn.
      if (which === 'the refreshes') await nextTurn();
      sql('UPDATE users SET disabled_at = 1 WHERE id = ?', user.id);
      const outcomes = await refreshed;
      expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(which === 'the refreshes');
      for (const outcome of outcomes) {
        const { refreshToken } = outcome.status === 'fulfilled' ? outcome.value : first;
        expect(await codeOf(refresh(refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
      }
    },
  );
});
