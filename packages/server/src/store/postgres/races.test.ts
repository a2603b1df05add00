import { expect, test, vi } from 'vitest';
import { openTestStore, takeTestDatabase } from '../../../test/postgres/database.js';

const entry = { at: 1, action: 'a', userId: null, sessionId: null, source: '', detail: null };
const session = {
  ...{ id: 's', userId: 'ada', generation: 0, createdAt: 0, rotatedAt: 0, idleExpiresAt: 9, expiresAt: 9 },
  ...{ revokedAt: null, revokedReason: null, source: '', userAgent: '' },
};
const admission = { passwordHash: 'hash', limit: 100, endAtMost: 9, reason: 'x', endedAudit: entry };
const revocation = { userId: 'ada', at: 1, reason: 'x', expiredBy: 0 };

/** A store with a user, and another node in the middle of a transaction. */
async function start() {
  const { url, query, connect } = await takeTestDatabase();
  const store = await openTestStore(url);
  await query(`INSERT INTO users VALUES ('ada', 'ada', 'hash', '', 0, NULL, NULL)`);
  const other = await connect();
  await other.query('BEGIN');
  const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
  return {
    store,
    query,
    other,
    somebodyWaits: () => vi.waitFor(async () => expect(await query(waiting)).toHaveLength(1)),
  };
}

test.each([
  ['disables the user', `UPDATE users SET disabled_at = 1 WHERE id = 'ada'`],
  ['changes the password', `UPDATE users SET password_hash = 'new' WHERE id = 'ada'`],
])('a sign-in waits for another node that %s, and is refused', async (_, change) => {
  const { store, other, somebodyWaits } = await start();
  await other.query(change);
  const added = store.addSession(session, admission, entry);
  await somebodyWaits();
  await other.query('COMMIT');
  expect(await added).toBe('refused');
  expect(await store.findSession('s')).toBeUndefined();
});

test.each([
  ['Disabling the user', 'disableUser' as const],
  ['Changing the password', 'changePassword' as const],
])('%s waits for a sign-in on another node, and ends its session', async (_, verb) => {
  const { store, other, somebodyWaits } = await start();
  // What addSession does, held in the middle.
  await other.query(`SELECT 1 FROM users WHERE id = 'ada' FOR SHARE`);
  await other.query(`INSERT INTO sessions VALUES ('s', 'ada', 0, 0, 0, 9, 9, NULL, NULL, '', '')`);
  const ended = store[verb]({ ...revocation, passwordHash: 'new' }, entry);
  await somebodyWaits();
  await other.query('COMMIT');
  expect(await ended).toEqual(['s']);
  expect((await store.findSession('s'))?.revokedAt).toBe(1);
});

test('a refresh waits for another node that ends the session, and comes to nothing', async () => {
  const { store, other, somebodyWaits } = await start();
  await store.addSession(session, admission, entry);
  await other.query(`UPDATE sessions SET revoked_at = 1, revoked_reason = 'x' WHERE id = 's'`);
  const rotated = store.rotateSession({ id: 's', generation: 0, now: 1, idleExpiresAt: 9 });
  await somebodyWaits();
  await other.query('COMMIT');
  expect(await rotated).toBeUndefined();
  expect((await store.findSession('s'))?.generation).toBe(0);
});

test('pruning waits for nobody: what another node holds is left for the next time', async () => {
  const { store, other } = await start();
  await store.addSession(session, admission, entry);
  await other.query(`SELECT 1 FROM sessions FOR UPDATE`);
  const page = { after: '', limit: 10, endedBefore: 100 };
  expect(await store.pruneSessions(page)).toEqual({ pruned: 0, next: undefined });
  await other.query('COMMIT');
  expect(await store.pruneSessions(page)).toEqual({ pruned: 1, next: undefined });
});

test('what another node agrees on at this moment is waited for, and returned', async () => {
  const { store, other, somebodyWaits } = await start();
  await other.query(`INSERT INTO agreements VALUES ('issuer', 'theirs')`);
  const agreed = store.agreeOn('issuer', 'ours');
  await somebodyWaits();
  await other.query('COMMIT');
  expect(await agreed).toBe('theirs');
});
