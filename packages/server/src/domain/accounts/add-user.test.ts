import { expect, test } from 'vitest';
import { auditOf, codeOf, openTestDomain, origin } from '../../../test/domain.js';
import { password } from '../../../test/harness.js';
import { signIn } from '../sessions/sign-in.js';
import { addUser } from './add-user.js';

const ada = { userName: ' Ada@Example.com', password, scope: 'b a' };

test('a user is kept in the canonical form, can sign in, and is in the audit', async () => {
  const opened = await openTestDomain();
  const { domain, clock } = opened;
  const added = await addUser(domain, ada);
  expect(added).toEqual({ id: expect.any(String), userName: 'ada@example.com', scope: 'a b' });
  const kept = await domain.store.findUser('ada@example.com');
  expect(kept).toEqual({
    ...added,
    passwordHash: expect.any(String),
    createdAt: clock(),
    disabledAt: null,
    quotaPerDay: null,
  });
  expect(kept?.passwordHash).toMatch(/^\$argon2id\$/);
  const entry = { action: 'user.added', userId: added.id, sessionId: null, source: 'operator', detail: null };
  expect(auditOf(opened)).toEqual([entry]);
  expect((await signIn(domain, { userName: 'ada@example.com', password }, origin)).scope).toBe('a b');
});

test.each([
  ['USER_NAME_INVALID', { userName: 'ada' }],
  ['SCOPE_INVALID', { scope: 'a "b"' }],
  ['PASSWORD_UNACCEPTABLE', { password: 'password' }],
] as const)('nothing is kept after %s', async (code, wrong) => {
  const opened = await openTestDomain();
  expect(await codeOf(addUser(opened.domain, { ...ada, ...wrong }))).toBe(code);
  expect(await opened.domain.store.listUsers({ after: '', limit: 10 })).toEqual([]);
  expect(auditOf(opened)).toEqual([]);
});

test('there is one user under an address, however it is spelled and whoever comes first', async () => {
  const { domain } = await openTestDomain();
  const outcomes = await Promise.allSettled([
    addUser(domain, ada),
    addUser(domain, { ...ada, userName: 'ADA@example.com' }),
  ]);
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await codeOf(addUser(domain, { ...ada, userName: 'ada@EXAMPLE.com' }))).toBe('USER_EXISTS');
  expect(await domain.store.listUsers({ after: '', limit: 10 })).toHaveLength(1);
});
