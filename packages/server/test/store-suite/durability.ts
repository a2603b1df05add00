import { describe, expect, test } from 'vitest';
import { type Store, StoreUnavailableError } from '../../src/store/store.js';
import { addSession, addUser, hour, makeAudit, makeSession, makeSigningKey, makeUser, now } from './records.js';
import type { OpenStore } from './suite.js';

/** Every verb but close. */
const verbs: { readonly [Verb in keyof Omit<Store, 'close'>]: (store: Store) => Promise<unknown> } = {
  addUser: (store) => store.addUser(makeUser(), makeAudit('user.added')),
  findUser: (store) => store.findUser('ada@example.com'),
  findUserById: (store) => store.findUserById('ada'),
  listUsers: (store) => store.listUsers({ after: '', limit: 10 }),
  replacePasswordHash: (store) => store.replacePasswordHash({ userId: 'ada', from: 'a', to: 'b' }),
  addSession: (store) => store.addSession(makeSession({ userId: 'ada' }), makeAudit('session.signed_in')),
  rotateSession: (store) => store.rotateSession({ id: 'a', generation: 0, now, idleExpiresAt: now + hour }),
  findSession: (store) => store.findSession('a'),
  revokeSession: (store) => store.revokeSession({ id: 'a', at: now, reason: 'x' }, makeAudit('x')),
  revokeUserSessions: (store) =>
    store.revokeUserSessions({ id: 'ada', at: now, reason: 'x', expiredBy: now }, makeAudit('x')),
  listRevokedSessions: (store) => store.listRevokedSessions(now),
  addFirstSigningKey: (store) => store.addFirstSigningKey(makeSigningKey()),
  listSigningKeys: (store) => store.listSigningKeys(),
  ping: (store) => store.ping(),
};

export function describeDurability(open: OpenStore): void {
  describe('durability', () => {
    test('everything that was answered is there after closing and opening again', async () => {
      const { store, reopen, readAudit } = await open();
      const user = await addUser(store, { passwordHash: 'old' });
      await store.replacePasswordHash({ userId: user.id, from: 'old', to: 'new' });
      const [rotated, revoked] = [await addSession(store, { userId: user.id }), await addSession(store)];
      await store.rotateSession({ id: rotated.id, generation: 0, now: now + 1, idleExpiresAt: now + 2 });
      await store.revokeSession({ id: revoked.id, at: now, reason: 'signed_out' }, makeAudit('session.signed_out'));
      const key = makeSigningKey();
      await store.addFirstSigningKey(key);
      const audit = await readAudit();

      const again = await reopen();
      expect(await again.findUser(user.userName)).toEqual({ ...user, passwordHash: 'new' });
      expect(await again.findSession(rotated.id)).toEqual({
        ...rotated,
        generation: 1,
        rotatedAt: now + 1,
        idleExpiresAt: now + 2,
      });
      expect(await again.listRevokedSessions(now)).toEqual([{ id: revoked.id, revokedAt: now }]);
      expect((await again.listSigningKeys()).map(({ kid }) => kid)).toEqual([key.kid]);
      expect(audit).toHaveLength(5);
      expect(await readAudit()).toEqual(audit);
    });

    test('what was asked for before closing is done before it closes', async () => {
      const { store, reopen } = await open();
      const users = Array.from({ length: 10 }, () => makeUser());
      const added = users.map((user) => store.addUser(user, makeAudit('user.added')));
      const again = await reopen();
      expect(await Promise.all(added)).toEqual(users.map(() => 'added'));
      expect(await again.listUsers({ after: '', limit: 100 })).toHaveLength(10);
    });

    test('an open store answers a ping', async () => {
      const { store } = await open();
      await expect(store.ping()).resolves.toBeUndefined();
    });

    test.each(Object.entries(verbs))('a closed store refuses %s with StoreUnavailableError', async (_, ask) => {
      const { store } = await open();
      await ask(store);
      await store.close();
      await expect(ask(store)).rejects.toBeInstanceOf(StoreUnavailableError);
    });
  });
}
