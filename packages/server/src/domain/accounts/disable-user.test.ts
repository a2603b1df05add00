import { expect, test } from 'vitest';
import { auditOf, codeOf, day, openTestSession, origin } from '../../../test/domain.js';
import { password } from '../../../test/harness.js';
import { signIn } from '../sessions/sign-in.js';
import { disableUser } from './disable-user.js';
import { enableUser } from './enable-user.js';

const userName = 'ada@example.com';
const entry = { sessionId: null, source: 'operator', detail: null };

test('a disabled user has no session and gets none', async () => {
  const opened = await openTestSession();
  const { domain, user, first, session, refresh, clock } = opened;
  const second = await signIn(domain, { userName, password }, origin);
  clock.advance(1000);
  expect(await disableUser(domain, ' ADA@example.com ')).toEqual({ userName, wasDisabled: false, sessionsEnded: 2 });
  for (const { accessToken, refreshToken } of [first, second]) {
    expect(await codeOf(domain.accessTokens.verify(accessToken))).toBe('TOKEN_REVOKED');
    expect(await codeOf(refresh(refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
  }
  expect(await codeOf(signIn(domain, { userName, password }, origin))).toBe('INVALID_CREDENTIALS');
  expect(await session()).toMatchObject({ revokedAt: clock(), revokedReason: 'user_disabled' });
  expect(await domain.store.findUser(userName)).toMatchObject({ disabledAt: clock() });
  expect(auditOf(opened).at(-1)).toEqual({ ...entry, action: 'user.disabled', userId: user.id });
});

test('nobody else’s session ends', async () => {
  const { domain, addUser, first } = await openTestSession();
  await addUser({ id: 'bob', userName: 'bob@example.com' });
  expect((await disableUser(domain, 'bob@example.com')).sessionsEnded).toBe(0);
  await expect(domain.accessTokens.verify(first.accessToken)).resolves.toBeDefined();
});

test('to disable a user again changes nothing', async () => {
  const opened = await openTestSession();
  const { domain, clock } = opened;
  await disableUser(domain, userName);
  const before = [await domain.store.findUser(userName), auditOf(opened)];
  clock.advance(1000);
  expect(await disableUser(domain, userName)).toEqual({ userName, wasDisabled: true, sessionsEnded: 0 });
  expect([await domain.store.findUser(userName), auditOf(opened)]).toEqual(before);
});

test('an enabled user can sign in again, and the sessions that ended stay ended', async () => {
  const opened = await openTestSession();
  const { domain, user, first, refresh } = opened;
  await disableUser(domain, userName);
  expect(await enableUser(domain, 'Ada@example.com')).toEqual({ userName, wasDisabled: true });
  expect(auditOf(opened).at(-1)).toEqual({ ...entry, action: 'user.enabled', userId: user.id });
  expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
  expect(await codeOf(domain.accessTokens.verify(first.accessToken))).toBe('TOKEN_REVOKED');
  await expect(signIn(domain, { userName, password }, origin)).resolves.toBeDefined();
});

test('to enable a user who is not disabled changes nothing', async () => {
  const opened = await openTestSession();
  const audit = auditOf(opened);
  expect(await enableUser(opened.domain, userName)).toEqual({ userName, wasDisabled: false });
  expect(auditOf(opened)).toEqual(audit);
});

test('the last access token of a session at its absolute limit is refused too, whatever lifetime a command knows', async () => {
  const opened = await openTestSession({ sessionIdleLifetime: 90 * day, accessTokenLifetime: day });
  const { domain, first, refresh, clock } = opened;
  clock.advance(90 * day - 60_000);
  const last = await refresh(first.refreshToken);
  clock.advance(day / 2);
  const settings = { ...domain.settings, accessTokenLifetime: 60_000 };
  await disableUser({ ...domain, settings }, userName);
  expect(await codeOf(domain.accessTokens.verify(last.accessToken))).toBe('TOKEN_REVOKED');
});

test.each([
  ['USER_NOT_FOUND', 'bob@example.com'],
  ['USER_NAME_INVALID', 'bob'],
] as const)('%s: nothing is changed', async (code, name) => {
  const opened = await openTestSession();
  const audit = auditOf(opened);
  expect(await codeOf(disableUser(opened.domain, name))).toBe(code);
  expect(await codeOf(enableUser(opened.domain, name))).toBe(code);
  expect(auditOf(opened)).toEqual(audit);
});
