import { expect, test } from 'vitest';
import { codeOf, hour, minute, openTestSession, origin } from '../../../test/domain.js';
import { createTestClock, password } from '../../../test/harness.js';
import { signIn } from '../sessions/sign-in.js';
import { signOut } from '../sessions/sign-out.js';
import { createRevocations } from './revocations.js';

function make(limit = 1_000_000) {
  const clock = createTestClock();
  return { clock, revocations: createRevocations({ lifetime: hour, limit }, clock) };
}

test('what is added counts at once, for a lifetime and five minutes', () => {
  const { clock, revocations } = make();
  revocations.add('first');
  expect(revocations.has('first')).toBe(true);
  expect(revocations.has('second')).toBe(false);
  clock.advance(hour + 5 * minute - 1);
  revocations.add('second');
  expect(revocations.has('first')).toBe(true);
});

test('what no token can be left of is forgotten, so that the memory does not grow', () => {
  const { clock, revocations } = make();
  for (let i = 0; i < 1000; i++) {
    revocations.add(`session ${i}`);
    clock.advance(minute);
  }
  const known = Array.from({ length: 1000 }, (_, i) => revocations.has(`session ${i}`)).filter(Boolean);
  expect(known.length).toBeLessThanOrEqual(67);
  expect(known.length).toBeGreaterThanOrEqual(65);
});

test('a session that is revoked again is remembered from then on', () => {
  const { clock, revocations } = make();
  revocations.add('again');
  clock.advance(hour);
  revocations.add('again');
  clock.advance(hour);
  revocations.add('another');
  expect(revocations.has('again')).toBe(true);
});

test('more than the limit is not kept, and it says so for as long as one of them could have a good token', () => {
  const { clock, revocations } = make(2);
  for (const id of ['a', 'b', 'a']) revocations.add(id);
  expect(revocations.isOverflowing()).toBe(false);
  revocations.add('c');
  expect(['a', 'b', 'c'].map((id) => revocations.has(id))).toEqual([true, true, false]);
  expect(revocations.isOverflowing()).toBe(true);
  clock.advance(hour + 5 * minute - 1);
  expect(revocations.isOverflowing()).toBe(true);
  clock.advance(1);
  expect(revocations.isOverflowing()).toBe(false);
  revocations.add('d');
  expect(revocations.has('d')).toBe(true);
});

test.each([0, 30 * minute, hour])('what was revoked %i ms before a restart is refused after it', async (later) => {
  const { domain, first, clock, restart, sessionId } = await openTestSession();
  const claims = await domain.accessTokens.verify(first.accessToken);
  await signOut(domain, claims, { everywhere: false }, origin);
  clock.advance(later);
  expect((await restart()).revocations.has(sessionId)).toBe(true);
});

test('a living session is not among the revoked', async () => {
  const { restart, sessionId } = await openTestSession();
  expect((await restart()).revocations.has(sessionId)).toBe(false);
});

test('a token that was refused stays refused where the lifetime is lowered at a restart', async () => {
  const { domain, first, clock, restart } = await openTestSession();
  const claims = await domain.accessTokens.verify(first.accessToken);
  await signOut(domain, claims, { everywhere: false }, origin);
  for (const later of [0, 2 * minute, 10 * minute, hour]) {
    clock.advance(later);
    const { accessTokens } = await restart({ accessTokenLifetime: minute });
    expect(await codeOf(accessTokens.verify(first.accessToken))).toMatch(/^TOKEN_(REVOKED|EXPIRED)$/);
  }
});

test('where more have ended than the memory keeps, the store is asked, and no token of an ended session passes', async () => {
  const { domain, user, first } = await openTestSession({ revocationLimit: 1 });
  const signInAgain = async () => (await signIn(domain, { userName: user.userName, password }, origin)).accessToken;
  const tokens = [first.accessToken, await signInAgain(), await signInAgain(), await signInAgain()];
  const [, , , living = ''] = tokens;
  for (const token of tokens.slice(0, 3)) {
    await signOut(domain, await domain.accessTokens.verify(token), { everywhere: false }, origin);
  }
  for (const token of tokens.slice(0, 3)) {
    expect(await codeOf(domain.accessTokens.verify(token))).toBe('TOKEN_REVOKED');
    // What was verified before is not believed from memory.
    expect(() => domain.accessTokens.recall(token)).not.toThrow();
    expect(domain.accessTokens.recall(token)).toBeUndefined();
  }
  expect(await domain.accessTokens.verify(living)).toMatchObject({ userId: user.id });
});
