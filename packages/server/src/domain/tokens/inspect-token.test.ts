import { expect, test } from 'vitest';
import { day, hour, openTestSession, second } from '../../../test/domain.js';
import { inspectToken } from './inspect-token.js';
import { createUpstreamTokens } from './upstream-tokens.js';

test('an access token that is over has expired, for who it was is still told', async () => {
  const { domain, first, clock, user } = await openTestSession();
  clock.advance(hour);
  expect(await inspectToken(domain, first.accessToken)).toMatchObject({
    verdict: 'expired',
    isAuthentic: true,
    userName: user.userName,
    session: { state: 'living' },
    expiresAt: clock(),
    key: { state: 'current' },
  });
});

test('a refresh token expires with its session', async () => {
  const { domain, first, clock } = await openTestSession();
  clock.advance(30 * day - 1);
  expect(await inspectToken(domain, first.refreshToken)).toMatchObject({ verdict: 'good', refreshWould: 'rotate' });
  clock.advance(1);
  expect(await inspectToken(domain, first.refreshToken)).toMatchObject({
    verdict: 'expired',
    refreshWould: 'be refused',
  });
});

test('what a refresh would do is what it does: a retry within the window, a replay after it', async () => {
  const { domain, first, clock, refresh, session } = await openTestSession();
  const { refreshToken } = await refresh(first.refreshToken);
  const inspect = (token: string) => inspectToken(domain, token);
  clock.advance(30 * second);
  expect(await inspect(first.refreshToken)).toMatchObject({ verdict: 'good', refreshWould: 'retry' });
  expect((await refresh(first.refreshToken)).refreshToken).toBe(refreshToken);
  clock.advance(1);
  expect(await inspect(first.refreshToken)).toMatchObject({ verdict: 'revoked', refreshWould: 'replay' });
  expect((await session())?.revokedAt).toBeNull();
  await expect(refresh(first.refreshToken)).rejects.toMatchObject({ code: 'REFRESH_TOKEN_REUSED' });
  expect(await inspect(refreshToken)).toMatchObject({ verdict: 'revoked', refreshWould: 'be refused' });
});

test('a refresh token of a disabled user, or of a session that is not there, is worth nothing', async () => {
  const { domain, first, sql } = await openTestSession();
  sql('UPDATE users SET disabled_at = 1 RETURNING id');
  expect(await inspectToken(domain, first.refreshToken)).toMatchObject({
    verdict: 'revoked',
    why: 'its user is disabled',
  });
  sql('DELETE FROM sessions RETURNING id');
  expect(await inspectToken(domain, first.refreshToken)).toMatchObject({ verdict: 'expired' });
});

test('a token whose session the store has ended is revoked, whatever the memory knows', async () => {
  const { domain, first, sql, clock } = await openTestSession();
  sql("UPDATE sessions SET revoked_at = ?, revoked_reason = 'x' RETURNING id", clock());
  expect(await inspectToken(domain, first.accessToken)).toMatchObject({
    verdict: 'revoked',
    session: { state: 'ended' },
  });
});

test('a token made for the API is told from one that was forged', async () => {
  const { domain, first } = await openTestSession();
  const claims = await domain.accessTokens.verify(first.accessToken);
  const settings = { audience: 'the API', lifetime: 60 * second, furtherClaims: () => ({}) };
  const token = await createUpstreamTokens(domain, settings).make(claims);
  expect(await inspectToken(domain, token)).toMatchObject({
    verdict: 'not ours',
    why: 'it is written as one for the API, which takes it; no server does',
    isAuthentic: false,
  });
});
