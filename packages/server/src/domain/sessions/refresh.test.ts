import { describe, expect, test } from 'vitest';
import { auditOf, codeOf, day, hour, minute, openTestSession, origin, second } from '../../../test/domain.js';
import { password } from '../../../test/harness.js';
import { refresh } from './refresh.js';
import { signIn } from './sign-in.js';

describe('a refresh', () => {
  test('gives the next pair of tokens for the same session', async () => {
    const { domain, user, sessionId, first, refresh, session, clock } = await openTestSession();
    clock.advance(hour);
    const next = await refresh(first.refreshToken);
    expect(next).toEqual({
      accessToken: expect.any(String),
      refreshToken: expect.any(String),
      tokenType: 'Bearer',
      expiresIn: 3600,
      scope: user.scope,
    });
    expect(next.refreshToken).not.toBe(first.refreshToken);
    expect(await domain.accessTokens.verify(next.accessToken)).toEqual({
      userId: user.id,
      sessionId,
      scope: user.scope,
      expiresAt: clock() + hour,
    });
    expect(await session()).toMatchObject({ generation: 1, rotatedAt: clock(), idleExpiresAt: clock() + 30 * day });
  });

  test('can follow on a refresh for as long as the session lives', async () => {
    const { first, refresh, session } = await openTestSession();
    let { refreshToken } = first;
    const seen = new Set([refreshToken]);
    for (let i = 0; i < 20; i++) {
      ({ refreshToken } = await refresh(refreshToken));
      seen.add(refreshToken);
    }
    expect(seen.size).toBe(21);
    expect((await session())?.generation).toBe(20);
  });

  test('takes the scope that the user has at that moment, also for a retry', async () => {
    const { domain, user, first, refresh, sql } = await openTestSession();
    sql('UPDATE users SET scope = ? WHERE id = ?', 'companies:write', user.id);
    for (const answer of [await refresh(first.refreshToken), await refresh(first.refreshToken)]) {
      expect(answer.scope).toBe('companies:write');
      expect((await domain.accessTokens.verify(answer.accessToken)).scope).toBe('companies:write');
    }
  });

  test('goes on after a restart', async () => {
    const { first, restart } = await openTestSession();
    const domain = await restart();
    await expect(refresh(domain, { refreshToken: first.refreshToken }, origin)).resolves.toBeDefined();
  });
});

describe('a retry', () => {
  test.each([0, second, 30 * second])('%d ms after the refresh gets the same successor', async (later) => {
    const { domain, first, refresh, session, clock } = await openTestSession();
    clock.advance(minute);
    const next = await refresh(first.refreshToken);
    const rotated = await session();
    clock.advance(later);
    const again = await refresh(first.refreshToken);
    expect(again.refreshToken).toBe(next.refreshToken);
    expect(await domain.accessTokens.verify(again.accessToken)).toMatchObject({ expiresAt: clock() + hour });
    expect(await session()).toEqual(rotated);
    await expect(refresh(next.refreshToken)).resolves.toBeDefined();
  });

  test('may come after another retry, as long as it is in the window of the refresh', async () => {
    const { first, refresh, clock } = await openTestSession();
    const { refreshToken } = await refresh(first.refreshToken);
    for (let i = 0; i < 3; i++) {
      clock.advance(10 * second);
      expect((await refresh(first.refreshToken)).refreshToken).toBe(refreshToken);
    }
    clock.advance(1);
    expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REUSED');
  });

  test('is a replay where the window is closed altogether', async () => {
    const { first, refresh, clock } = await openTestSession({ refreshRetryWindow: 0 });
    await refresh(first.refreshToken);
    clock.advance(1);
    expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REUSED');
  });

  test('is known after a restart', async () => {
    const { first, refresh: refreshFirst, restart } = await openTestSession();
    const { refreshToken } = await refreshFirst(first.refreshToken);
    const domain = await restart();
    expect((await refresh(domain, { refreshToken: first.refreshToken }, origin)).refreshToken).toBe(refreshToken);
  });

  test('is seen where the clock of the node that rotated is a little ahead, and none where it is far ahead', async () => {
    const { first, refresh, sql } = await openTestSession();
    const { refreshToken } = await refresh(first.refreshToken);
    sql('UPDATE sessions SET rotated_at = rotated_at + ? RETURNING id', 30 * second);
    expect((await refresh(first.refreshToken)).refreshToken).toBe(refreshToken);
    sql('UPDATE sessions SET rotated_at = rotated_at + 1 RETURNING id');
    expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REUSED');
  });
});

describe('a replay', () => {
  test('after the window ends the session, tells the audit and the log, and nobody keeps a token', async () => {
    const opened = await openTestSession();
    const { domain, user, first, sessionId, refresh, session, clock, log } = opened;
    const next = await refresh(first.refreshToken);
    clock.advance(30 * second + 1);
    expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REUSED');

    expect(await session()).toMatchObject({ revokedAt: clock(), revokedReason: 'refresh_token_reused' });
    expect(await codeOf(refresh(next.refreshToken))).toBe('REFRESH_TOKEN_REUSED');
    expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REUSED');
    for (const { accessToken } of [first, next]) {
      expect(await codeOf(domain.accessTokens.verify(accessToken))).toBe('TOKEN_REVOKED');
    }
    const detail = 'generation 0 presented, 1 current';
    const action = 'session.refresh_token_reused';
    const entry = { action, userId: user.id, sessionId, source: origin.source, detail };
    expect(auditOf(opened).slice(2)).toEqual([entry]);
    expect(log.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    expect(JSON.stringify(log.lines)).not.toContain('lk_rt_');
  });

  test('of a token before the last one is no retry, also within the window', async () => {
    const { first, refresh, session } = await openTestSession();
    const second = await refresh(first.refreshToken);
    await refresh(second.refreshToken);
    expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REUSED');
    expect((await session())?.revokedAt).not.toBeNull();
  });

  test('ends one session and leaves the user’s others', async () => {
    const { domain, user, first, refresh, clock } = await openTestSession();
    const other = await signIn(domain, { userName: user.userName, password }, origin);
    await refresh(first.refreshToken);
    clock.advance(minute);
    expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REUSED');
    await expect(domain.accessTokens.verify(other.accessToken)).resolves.toBeDefined();
    await expect(refresh(other.refreshToken)).resolves.toBeDefined();
  });

  test('many times at once ends the session once', async () => {
    const opened = await openTestSession();
    const { first, refresh, clock } = opened;
    await refresh(first.refreshToken);
    clock.advance(minute);
    const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(refresh(first.refreshToken))));
    expect(new Set(codes)).toEqual(new Set(['REFRESH_TOKEN_REUSED']));
    expect(auditOf(opened).filter(({ action }) => action === 'session.refresh_token_reused')).toHaveLength(1);
  });
});
