import { expect, test } from 'vitest';
import { auditOf, codeOf, openTestSession, origin } from '../../../test/domain.js';
import { password } from '../../../test/harness.js';
import { signIn } from '../sessions/sign-in.js';
import { changePassword } from './change-password.js';
import { disableUser } from './disable-user.js';

const userName = 'ada@example.com';
const newPassword = 'nine amber kettles on a ferry';

test('the new password signs in, the old one does not, and every session has ended', async () => {
  const opened = await openTestSession();
  const { domain, user, first, refresh, session, clock } = opened;
  clock.advance(1000);
  const changed = await changePassword(domain, { userName: 'ADA@example.com', password: newPassword });
  expect(changed).toEqual({ userName, isDisabled: false, sessionsEnded: 1 });
  expect(await codeOf(domain.accessTokens.verify(first.accessToken))).toBe('TOKEN_REVOKED');
  expect(await codeOf(refresh(first.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
  expect(await session()).toMatchObject({ revokedAt: clock(), revokedReason: 'password_changed' });
  const entry = { action: 'user.password_changed', userId: user.id, sessionId: null, source: 'operator', detail: null };
  expect(auditOf(opened).at(-1)).toEqual(entry);
  expect(await codeOf(signIn(domain, { userName, password }, origin))).toBe('INVALID_CREDENTIALS');
  await expect(signIn(domain, { userName, password: newPassword }, origin)).resolves.toBeDefined();
});

test('the same password again ends every session too', async () => {
  const { domain, first } = await openTestSession();
  expect((await changePassword(domain, { userName, password })).sessionsEnded).toBe(1);
  expect(await codeOf(domain.accessTokens.verify(first.accessToken))).toBe('TOKEN_REVOKED');
  await expect(signIn(domain, { userName, password }, origin)).resolves.toBeDefined();
});

test('a disabled user stays disabled', async () => {
  const { domain } = await openTestSession();
  await disableUser(domain, userName);
  expect((await changePassword(domain, { userName, password: newPassword })).isDisabled).toBe(true);
  expect(await codeOf(signIn(domain, { userName, password: newPassword }, origin))).toBe('INVALID_CREDENTIALS');
});

test.each([
  ['USER_NOT_FOUND', { userName: 'bob@example.com' }],
  ['USER_NAME_INVALID', { userName: 'bob' }],
  ['PASSWORD_UNACCEPTABLE', { password: 'password password' }],
  ['PASSWORD_UNACCEPTABLE', { password: 'ada@example.com' }],
] as const)('%s: nothing is changed', async (code, wrong) => {
  const opened = await openTestSession();
  const { domain, first } = opened;
  const audit = auditOf(opened);
  expect(await codeOf(changePassword(domain, { userName, password: newPassword, ...wrong }))).toBe(code);
  expect(auditOf(opened)).toEqual(audit);
  await expect(domain.accessTokens.verify(first.accessToken)).resolves.toBeDefined();
});
