import { describe, expect, test } from 'vitest';
import { addSession, addUser, hour, makeAudit, now, revokeSession } from './records.js';
import type { OpenStore } from './suite.js';

export function describeRevocation(open: OpenStore): void {
  describe('revocation', () => {
    test('a session ends once, and the first reason stays', async () => {
      const { store, readAudit } = await open();
      const session = await addSession(store);
      expect(await revokeSession(store, session, { at: now + 1 })).toBe(true);
      expect(await revokeSession(store, session, { at: now + 2, reason: 'refresh_token_reused' })).toBe(false);
      expect(await store.findSession(session.id)).toEqual({
        ...session,
        revokedAt: now + 1,
        revokedReason: 'signed_out',
      });
      const actions = (await readAudit()).map(({ action }) => action);
      expect(actions).toEqual(['user.added', 'session.added', 'signed_out']);
    });

    test('of twenty that end a session at once, one has done it', async () => {
      const { store, readAudit } = await open();
      const session = await addSession(store);
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => revokeSession(store, session)));
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect((await readAudit()).filter(({ action }) => action === 'signed_out')).toHaveLength(1);
    });

    test('a session that is not there cannot end, and no line in the audit says so', async () => {
      const { store, readAudit } = await open();
      expect(await revokeSession(store, { id: 'nothing', userId: 'nobody' })).toBe(false);
      expect(await readAudit()).toEqual([]);
    });

    test('nobody ends the session of another user, and no line in the audit says so', async () => {
      const { store, readAudit } = await open();
      const session = await addSession(store);
      const { id: userId } = await addUser(store);
      expect(await revokeSession(store, { id: session.id, userId })).toBe(false);
      expect(await store.findSession(session.id)).toEqual(session);
      expect((await readAudit()).map(({ action }) => action)).toEqual(['user.added', 'session.added', 'user.added']);
    });

    test('every session of a user that had not expired by a time ends, and nobody else’s', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store);
      const [first, second] = [await addSession(store, { userId }), await addSession(store, { userId })];
      const ended = await addSession(store, { userId });
      await revokeSession(store, ended, { at: now - 5 });
      const expired = await addSession(store, { userId, idleExpiresAt: now - hour, expiresAt: now - hour });
      const expiredLately = await addSession(store, { userId, idleExpiresAt: now, expiresAt: now - hour + 1 });
      const foreign = await addSession(store);

      const entry = makeAudit('session.signed_out_everywhere', { userId });
      const revocation = { userId, at: now, reason: 'everywhere', expiredBy: now - hour };
      const ids = await store.revokeUserSessions(revocation, entry);
      const living = [first, second, expiredLately];
      expect(ids.toSorted()).toEqual(living.map(({ id }) => id).toSorted());
      for (const session of living) {
        expect(await store.findSession(session.id)).toEqual({
          ...session,
          revokedAt: now,
          revokedReason: 'everywhere',
        });
      }
      expect(await store.findSession(ended.id)).toMatchObject({ revokedAt: now - 5, revokedReason: 'signed_out' });
      expect(await store.findSession(expired.id)).toEqual(expired);
      expect(await store.findSession(foreign.id)).toEqual(foreign);
      expect((await readAudit()).filter(({ action }) => action === entry.action)).toEqual([entry]);
    });

    test('where a user has no session to end, none ends and no line in the audit says so', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store);
      const revocation = { userId, at: now, reason: 'everywhere', expiredBy: now };
      expect(await store.revokeUserSessions(revocation, makeAudit('everywhere'))).toEqual([]);
      expect((await readAudit()).map(({ action }) => action)).toEqual(['user.added']);
    });
  });
}
