import { expect, test } from 'vitest';
import { auditOf, codeOf, day, openTestSession, origin } from '../../../test/domain.js';
import { password } from '../../../test/harness.js';
import type { Domain } from '../domain.js';
import { signIn } from './sign-in.js';
import { signOut } from './sign-out.js';

async function openSessions() {
  const opened = await openTestSession();
  const { domain, user, first } = opened;
  const second = await signIn(domain, { userName: user.userName, password }, origin);
  const bob = await opened.addUser({ userName: 'bob@example.com' });
  const foreign = await signIn(domain, { userName: bob.userName, password }, origin);
  const claims = await domain.accessTokens.verify(first.accessToken);
  const end = (everywhere: boolean) => signOut(domain, claims, { everywhere }, origin);
  return { ...opened, second, foreign, end };
}

const isGood = ({ accessTokens }: Domain, { accessToken }: { accessToken: string }) =>
  accessTokens.verify(accessToken).then(
    () => true,
    () => false,
  );

test('a sign-out ends this session at once, and no other', async () => {
  const opened = await openSessions();
  const { domain, user, first, second, foreign, sessionId, session, clock, refresh, end } = opened;
  clock.advance(1000);
  expect(await end(false)).toEqual({ sessionsEnded: 1 });
  expect(await codeOf(domain.accessTokens.verify(first.accessToken))).toBe('TOKEN_REVOKED');
  expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
  expect(await session()).toMatchObject({ revokedAt: clock(), revokedReason: 'signed_out' });
  expect(await isGood(domain, second)).toBe(true);
  expect(await isGood(domain, foreign)).toBe(true);
  const entry = { action: 'session.signed_out', userId: user.id, sessionId, source: origin.source, detail: null };
  expect(auditOf(opened).at(-1)).toEqual(entry);
});

test('a token that was verified before is refused after the sign-out too', async () => {
  const { domain, first, end } = await openSessions();
  expect(domain.accessTokens.recall(first.accessToken)).toBeDefined();
  await end(false);
  expect(() => domain.accessTokens.recall(first.accessToken)).toThrow(
    expect.objectContaining({ code: 'TOKEN_REVOKED' }),
  );
});

test('a second sign-out of the same session ends nothing and is not audited again', async () => {
  const opened = await openSessions();
  await opened.end(false);
  const audit = auditOf(opened);
  expect(await opened.end(false)).toEqual({ sessionsEnded: 0 });
  expect(auditOf(opened)).toEqual(audit);
});

test('a sign-out everywhere ends every session of the user, and nobody else’s', async () => {
  const opened = await openSessions();
  const { domain, user, first, second, foreign, sessionId, refresh, end } = opened;
  expect(await end(true)).toEqual({ sessionsEnded: 2 });
  for (const { accessToken, refreshToken } of [first, second]) {
    expect(await codeOf(domain.accessTokens.verify(accessToken))).toBe('TOKEN_REVOKED');
    expect(await codeOf(refresh(refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
  }
  expect(await isGood(domain, foreign)).toBe(true);
  const action = 'session.signed_out_everywhere';
  const entry = { action, userId: user.id, sessionId, source: origin.source, detail: null };
  expect(auditOf(opened).filter((each) => each.action === action)).toEqual([entry]);
});

test('after a sign-out everywhere the user can sign in again', async () => {
  const { domain, user, end } = await openSessions();
  await end(true);
  expect(await isGood(domain, await signIn(domain, { userName: user.userName, password }, origin))).toBe(true);
});

test('the sessions that ended stay ended over a restart', async () => {
  const { first, second, foreign, end, restart } = await openSessions();
  await end(true);
  const domain = await restart();
  expect(await codeOf(domain.accessTokens.verify(first.accessToken))).toBe('TOKEN_REVOKED');
  expect(await codeOf(domain.accessTokens.verify(second.accessToken))).toBe('TOKEN_REVOKED');
  expect(await isGood(domain, foreign)).toBe(true);
});

test('the last access token of a session at its absolute limit is refused after a sign-out everywhere', async () => {
  const opened = await openTestSession({ sessionIdleLifetime: 90 * day });
  const { domain, user, first, refresh, clock } = opened;
  clock.advance(90 * day - 60_000);
  const last = await refresh(first.refreshToken);
  clock.advance(120_000);
  const other = await signIn(domain, { userName: user.userName, password }, origin);
  await signOut(domain, await domain.accessTokens.verify(other.accessToken), { everywhere: true }, origin);
  expect(await codeOf(domain.accessTokens.verify(last.accessToken))).toBe('TOKEN_REVOKED');
});
