import { describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.js';
import {
  addSession,
  addUser,
  hour,
  makeAdmission,
  makeAudit,
  makeSession,
  now,
  passwordHash,
  revokeSession,
} from './records.js';
import type { OpenStore } from './suite.js';

const rounds = 6;

/** The two verbs that end all sessions of a user by the way. */
const verbs: Readonly<Record<string, (store: Store, userId: string) => Promise<readonly string[]>>> = {
  disableUser: (store, userId) =>
    store.disableUser({ userId, at: now, reason: 'ended', expiredBy: now - hour }, makeAudit('the verb', { userId })),
  changePassword: (store, userId) =>
    store.changePassword(
      { userId, at: now, reason: 'ended', expiredBy: now - hour, passwordHash: 'new' },
      makeAudit('the verb', { userId }),
    ),
};

export function describeUserRevocation(open: OpenStore): void {
  describe.each(Object.entries(verbs))('%s', (_, run) => {
    test('it ends the sessions that could still be used, and nobody else’s', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store);
      const [first, second] = [await addSession(store, { userId }), await addSession(store, { userId })];
      const ended = await addSession(store, { userId });
      await revokeSession(store, ended, { at: now - 5 });
      const expired = await addSession(store, { userId, idleExpiresAt: now - hour, expiresAt: now - hour });
      const foreign = await addSession(store);

      expect((await run(store, userId)).toSorted()).toEqual([first.id, second.id].toSorted());
      for (const session of [first, second]) {
        expect(await store.findSession(session.id)).toEqual({ ...session, revokedAt: now, revokedReason: 'ended' });
      }
      expect(await store.findSession(ended.id)).toMatchObject({ revokedAt: now - 5, revokedReason: 'signed_out' });
      expect(await store.findSession(expired.id)).toEqual(expired);
      expect(await store.findSession(foreign.id)).toEqual(foreign);
      expect((await readAudit()).at(-1)).toEqual(makeAudit('the verb', { userId }));
    });

    test('it works on a user without a session', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store);
      expect(await run(store, userId)).toEqual([]);
      expect((await readAudit()).map(({ action }) => action)).toEqual(['user.added', 'the verb']);
    });

    test('afterwards nobody signs in who was let in before', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      await run(store, userId);
      const session = makeSession({ userId });
      expect(await store.addSession(session, makeAdmission(), makeAudit('session.added'))).toBe('refused');
      expect(await store.findSession(session.id)).toBeUndefined();
    });

    test('it wins every race against a sign-in', async () => {
      const { store, another } = await open();
      const second = await another();
      for (let round = 0; round < rounds; round++) {
        const { id: userId } = await addUser(store);
        const sessions = Array.from({ length: 8 }, () => makeSession({ userId }));
        const signIn = (session: (typeof sessions)[number], i: number) =>
          (i % 2 ? store : second).addSession(session, makeAdmission(), makeAudit('session.added'));
        const before = sessions.slice(0, round).map(signIn);
        const ids = run(round % 2 ? store : second, userId);
        const outcomes = await Promise.all([...before, ...sessions.slice(round).map(signIn)]);
        const added = sessions.filter((_, i) => outcomes[i] !== 'refused').map(({ id }) => id);
        expect((await ids).toSorted()).toEqual(added.toSorted());
        expect(await store.listSessions({ userId, now, limit: 10 })).toEqual([]);
      }
    });

    test('it wins every race against a refresh', async () => {
      const { store, another } = await open();
      const second = await another();
      for (let round = 0; round < rounds; round++) {
        const session = await addSession(store);
        const rotate = (each: Store, generation: number) =>
          each.rotateSession({ id: session.id, generation, now: now + 1, idleExpiresAt: now + hour });
        const [first, ids] = await Promise.all([
          rotate(store, 0),
          run(round % 2 ? store : second, session.userId),
          rotate(second, 0),
          rotate(store, 1),
        ]);
        expect(ids).toEqual([session.id]);
        const { revokedAt, generation = 0 } = (await store.findSession(session.id)) ?? {};
        expect(revokedAt).toBe(now);
        if (first) expect(generation).toBeGreaterThan(0);
        expect(await rotate(second, generation)).toBeUndefined();
      }
    });
  });

  describe('a user who is disabled', () => {
    test('is let in again once enabled, and the sessions that ended stay so', async () => {
      const { store, readAudit } = await open();
      const user = await addUser(store);
      const session = await addSession(store, { userId: user.id });
      const revocation = { userId: user.id, at: now + 5, reason: 'user_disabled', expiredBy: now - hour };
      await store.disableUser(revocation, makeAudit('user.disabled', { userId: user.id }));
      expect(await store.findUserById(user.id)).toEqual({ ...user, disabledAt: now + 5 });

      await store.enableUser(user.id, makeAudit('user.enabled', { userId: user.id }));
      expect(await store.findUser(user.userName)).toEqual(user);
      expect((await readAudit()).at(-1)).toEqual(makeAudit('user.enabled', { userId: user.id }));
      const rotation = { id: session.id, generation: 0, now: now + 6, idleExpiresAt: now + hour };
      expect(await store.rotateSession(rotation)).toBeUndefined();
      expect(await store.addSession(makeSession({ userId: user.id }), makeAdmission(), makeAudit('in'))).toEqual({
        ended: [],
      });
    });
  });

  describe('a password that is changed', () => {
    test('is the one that signs in from then on', async () => {
      const { store } = await open();
      const user = await addUser(store);
      const other = await addUser(store);
      const change = { userId: user.id, at: now, reason: 'x', expiredBy: now, passwordHash: 'new' };
      await store.changePassword(change, makeAudit('user.password_changed'));
      expect(await store.findUserById(user.id)).toEqual({ ...user, passwordHash: 'new' });
      expect(await store.findUserById(other.id)).toEqual(other);
      expect(
        await store.addSession(
          makeSession({ userId: user.id }),
          makeAdmission({ passwordHash: 'new' }),
          makeAudit('in'),
        ),
      ).toEqual({ ended: [] });
    });

    test('is not undone by a sign-in that hashes the old one again', async () => {
      const { store, another } = await open();
      const second = await another();
      const { id: userId } = await addUser(store);
      const again = () => second.replacePasswordHash({ userId, from: passwordHash, to: 'the old one again' });
      const change = { userId, at: now, reason: 'x', expiredBy: now, passwordHash: 'new' };
      await Promise.all([again(), store.changePassword(change, makeAudit('user.password_changed')), again()]);
      // This one comes after it for certain.
      await again();
      expect((await store.findUserById(userId))?.passwordHash).toBe('new');
    });
  });
}
