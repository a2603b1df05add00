import { expect, test } from 'vitest';
import { codeOf, hour, minute, openTestSession, origin } from '../../../test/domain.js';
import { signOut } from '../sessions/sign-out.js';
import { loadRevocations } from './revocations.js';

async function openRevocations() {
  const opened = await openTestSession();
  const { domain, sessionId, clock } = opened;
  const revoke = (at: number) =>
    domain.store.revokeSession(
      { id: sessionId, at, reason: 'signed_out' },
      { at, action: 'session.signed_out', userId: null, sessionId, source: '', detail: null },
    );
  return { ...opened, revoke, load: () => loadRevocations(domain.store, hour, clock) };
}

test('what was revoked within the last lifetime is known after a restart', async () => {
  const { sessionId, clock, revoke, load } = await openRevocations();
  await revoke(clock());
  expect((await load()).has(sessionId)).toBe(true);
  clock.advance(hour);
  expect((await load()).has(sessionId)).toBe(true);
});

test('what was revoked before is not: its tokens have expired', async () => {
  const { sessionId, clock, revoke, load } = await openRevocations();
  await revoke(clock());
  clock.advance(hour + 1);
  expect((await load()).has(sessionId)).toBe(false);
});

test('a living session is not among them', async () => {
  const { sessionId, load } = await openRevocations();
  expect((await load()).has(sessionId)).toBe(false);
});

test('what is added counts at once, and for a lifetime', async () => {
  const { clock, load } = await openRevocations();
  const revocations = await load();
  revocations.add('first');
  expect(revocations.has('first')).toBe(true);
  expect(revocations.has('second')).toBe(false);
  clock.advance(hour);
  revocations.add('second');
  expect(revocations.has('first')).toBe(true);
});

test('what no token can be left of is forgotten, so that the memory does not grow', async () => {
  const { clock, load } = await openRevocations();
  const revocations = await load();
  for (let i = 0; i < 1000; i++) {
    revocations.add(`session ${i}`);
    clock.advance(minute);
  }
  const known = Array.from({ length: 1000 }, (_, i) => revocations.has(`session ${i}`)).filter(Boolean);
  expect(known.length).toBeLessThanOrEqual(62);
  expect(known.length).toBeGreaterThanOrEqual(60);
});

test('a session that is revoked again is remembered from then on', async () => {
  const { clock, load } = await openRevocations();
  const revocations = await load();
  revocations.add('again');
  clock.advance(hour);
  revocations.add('again');
  clock.advance(hour);
  revocations.add('another');
  expect(revocations.has('again')).toBe(true);
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
