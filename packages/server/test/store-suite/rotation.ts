import { describe, expect, test } from 'vitest';
import type { SessionRecord } from '../../src/store/store.js';
import { addSession, addUser, hour, makeAudit, now, revokeSession } from './records.js';
import type { OpenStore } from './suite.js';

/** A minute later, at the session's generation: the rotation that must succeed. */
const rotationOf = ({ id, generation }: SessionRecord) => ({
  id,
  generation,
  now: now + 60_000,
  idleExpiresAt: now + 60_000 + hour,
});

export function describeRotation(open: OpenStore): void {
  describe('rotation', () => {
    test('it counts the generation, moves the idle limit and tells for whom', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store, { scope: 'a b' });
      const session = await addSession(store, { userId, generation: 3 });
      const rotation = rotationOf(session);
      expect(await store.rotateSession(rotation)).toEqual({ userId, scope: 'a b' });
      const { now: rotatedAt, idleExpiresAt } = rotation;
      expect(await store.findSession(session.id)).toEqual({ ...session, generation: 4, rotatedAt, idleExpiresAt });
    });

    test.each([
      ['the one before', 2],
      ['the one after', 4],
      ['the first', 0],
    ])('it is refused at another generation: %s', async (_, generation) => {
      const { store } = await open();
      const session = await addSession(store, { generation: 3 });
      expect(await store.rotateSession({ ...rotationOf(session), generation })).toBeUndefined();
      expect(await store.findSession(session.id)).toEqual(session);
    });

    test('it is refused for a session that is not there', async () => {
      const { store } = await open();
      const session = await addSession(store);
      expect(await store.rotateSession({ ...rotationOf(session), id: 'another' })).toBeUndefined();
    });

    test('it is refused after the session was revoked', async () => {
      const { store } = await open();
      const session = await addSession(store);
      await revokeSession(store, session);
      expect(await store.rotateSession(rotationOf(session))).toBeUndefined();
      expect((await store.findSession(session.id))?.generation).toBe(0);
    });

    test('it is refused while the user is disabled', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      const session = await addSession(store, { userId });
      // It is left alone where it had expired by then; the limit of a rotation is another.
      const revocation = { userId, at: now, reason: 'user_disabled', expiredBy: session.expiresAt };
      expect(await store.disableUser(revocation, makeAudit('user.disabled'))).toEqual([]);
      expect(await store.rotateSession(rotationOf(session))).toBeUndefined();
      expect(await store.findSession(session.id)).toEqual(session);
    });

    test.each(['idleExpiresAt', 'expiresAt'] as const)('it is good until just before %s', async (limit) => {
      const { store } = await open();
      const later = { idleExpiresAt: now + 2 * hour, expiresAt: now + 2 * hour };
      const { id } = await addSession(store, { ...later, [limit]: now + hour });
      const rotateAt = (at: number) => store.rotateSession({ id, generation: 0, now: at, idleExpiresAt: at + hour });
      expect(await rotateAt(now + hour + 1)).toBeUndefined();
      expect(await rotateAt(now + hour)).toBeUndefined();
      expect(await rotateAt(now + hour - 1)).toBeDefined();
    });

    test('the idle limit never passes the absolute one', async () => {
      const { store } = await open();
      const session = await addSession(store, { idleExpiresAt: now + 2 * hour, expiresAt: now + 2 * hour });
      await store.rotateSession({ ...rotationOf(session), idleExpiresAt: now + 3 * hour });
      expect(await store.findSession(session.id)).toMatchObject({
        idleExpiresAt: now + 2 * hour,
        expiresAt: now + 2 * hour,
      });
    });

    test('of fifty at once at one generation, one is done', async () => {
      const { store } = await open();
      const session = await addSession(store);
      const rotations = Array.from({ length: 50 }, () => store.rotateSession(rotationOf(session)));
      const done = (await Promise.all(rotations)).filter((live) => live !== undefined);
      expect(done).toHaveLength(1);
      expect((await store.findSession(session.id))?.generation).toBe(1);
    });

    test('fifty sessions at once are rotated each for itself', async () => {
      const { store } = await open();
      const sessions = await Promise.all(Array.from({ length: 50 }, () => addSession(store)));
      const live = await Promise.all(sessions.map((session) => store.rotateSession(rotationOf(session))));
      expect(live.map((each) => each?.userId)).toEqual(sessions.map(({ userId }) => userId));
    });

    test('of a rotation and a revocation at once, the revocation has the last word', async () => {
      const { store } = await open();
      const session = await addSession(store);
      await Promise.all([
        store.rotateSession(rotationOf(session)),
        revokeSession(store, session),
        store.rotateSession(rotationOf({ ...session, generation: 1 })),
      ]);
      expect(await store.findSession(session.id)).toMatchObject({ generation: 1, revokedAt: now });
    });

    test('it tells the scope that the user has now', async () => {
      const { store } = await open();
      const ada = await addSession(store, { userId: (await addUser(store, { scope: 'of ada' })).id });
      const bob = await addSession(store, { userId: (await addUser(store, { scope: 'of bob' })).id });
      expect((await store.rotateSession(rotationOf(bob)))?.scope).toBe('of bob');
      expect((await store.rotateSession(rotationOf(ada)))?.scope).toBe('of ada');
    });
  });
}
