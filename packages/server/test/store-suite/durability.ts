import { describe, expect, test } from 'vitest';
import { type Store, StoreUnavailableError } from '../../src/store/store.js';
import {
  addSession,
  addSigningKey,
  addUser,
  hour,
  makeAdmission,
  makeAudit,
  makeSession,
  makeSigningKey,
  makeUser,
  now,
  revokeSession,
} from './records.js';
import type { OpenStore } from './suite.js';

const revocation = { userId: 'ada', at: now, reason: 'x', expiredBy: now };
const page = { before: now, limit: 10 };

/** Every verb that asks the database and is answered by a promise, but close. */
const verbs: {
  readonly [Verb in keyof Omit<Store, 'close' | 'watchChanges' | 'readClock'>]: (store: Store) => Promise<unknown>;
} = {
  addUser: (store) => store.addUser(makeUser(), makeAudit('user.added')),
  findUser: (store) => store.findUser('ada@example.com'),
  findUserById: (store) => store.findUserById('ada'),
  listUsers: (store) => store.listUsers({ after: '', limit: 10 }),
  replacePasswordHash: (store) => store.replacePasswordHash({ userId: 'ada', from: 'a', to: 'b' }),
  disableUser: (store) => store.disableUser(revocation, makeAudit('x')),
  enableUser: (store) => store.enableUser('ada', makeAudit('x')),
  changePassword: (store) => store.changePassword({ ...revocation, passwordHash: 'new' }, makeAudit('x')),
  addSession: (store) =>
    store.addSession(makeSession({ userId: 'ada' }), makeAdmission(), makeAudit('session.signed_in')),
  rotateSession: (store) => store.rotateSession({ id: 'a', generation: 0, now, idleExpiresAt: now + hour }),
  findSession: (store) => store.findSession('a'),
  listSessions: (store) => store.listSessions({ userId: 'ada', now, limit: 10 }),
  revokeSession: (store) => revokeSession(store, { id: 'a', userId: 'ada' }),
  revokeUserSessions: (store) => store.revokeUserSessions(revocation, makeAudit('x')),
  listChanges: (store) => store.listChanges({ after: undefined, since: 0 }),
  requestSchemaReload: (store) => store.requestSchemaReload(makeAudit('x')),
  addSigningKey: (store) => addSigningKey(store),
  listSigningKeys: (store) => store.listSigningKeys(),
  replaceKeyEncryption: (store) =>
    store.replaceKeyEncryption({ kid: 'a', from: Uint8Array.of(1), to: Uint8Array.of(2) }),
  takeLease: (store) => store.takeLease({ name: 'a', holder: 'b', now, until: now + 1 }),
  pruneSessions: (store) => store.pruneSessions({ after: '', limit: 10, endedBefore: now }),
  pruneAudit: (store) => store.pruneAudit({ ...page, after: 0 }),
  pruneChanges: (store) => store.pruneChanges({ ...page, after: 0 }),
  pruneSigningKeys: (store) => store.pruneSigningKeys(page),
  setQuota: (store) => store.setQuota({ userId: 'ada', quotaPerDay: 1 }, makeAudit('x')),
  hasQuotas: (store) => store.hasQuotas(),
  addUsage: (store) => store.addUsage({ writer: 'a', number: 1, at: now, rows: [] }),
  sumUsage: (store) => store.sumUsage({ userId: 'ada', from: 0, to: now, limit: 1 }),
  listUsage: (store) => store.listUsage({ from: 0, to: now, after: '', limit: 1 }),
  readQuotas: (store) => store.readQuotas({ userIds: ['ada'], from: 0 }),
  pruneUsage: (store) => store.pruneUsage(page),
  agreeOn: (store) => store.agreeOn('a', 'b'),
  findAgreement: (store) => store.findAgreement('a'),
  recordServedSchema: (store) => store.recordServedSchema('a'),
  findServedSchema: (store) => store.findServedSchema(),
  recordTime: (store) => store.recordTime(now),
  findLatestTime: (store) => store.findLatestTime(),
  ping: (store) => store.ping(),
};

export function describeDurability(open: OpenStore): void {
  describe('durability', () => {
    test('everything that was answered is there after closing and opening again', async () => {
      const { store, reopen, readAudit } = await open();
      const user = await addUser(store, { passwordHash: 'old' });
      const { id: userId } = await addUser(store);
      await store.replacePasswordHash({ userId: user.id, from: 'old', to: 'new' });
      const [rotated, revoked] = [await addSession(store, { userId }), await addSession(store, { userId })];
      await store.rotateSession({ id: rotated.id, generation: 0, now: now + 1, idleExpiresAt: now + 2 });
      await revokeSession(store, revoked);
      const key = makeSigningKey();
      await store.addSigningKey(key, { retireOthersAt: null }, makeAudit('signing_key.added'));
      const audit = await readAudit();

      const again = await reopen();
      expect(await again.findUser(user.userName)).toEqual({ ...user, passwordHash: 'new' });
      expect(await again.findSession(rotated.id)).toEqual({
        ...rotated,
        generation: 1,
        rotatedAt: now + 1,
        idleExpiresAt: now + 2,
      });
      expect(await again.listChanges({ after: undefined, since: now })).toMatchObject({
        revokedSessions: [revoked.id],
        haveKeysChanged: true,
      });
      expect((await again.listSigningKeys()).map(({ kid }) => kid)).toEqual([key.kid]);
      expect(audit).toHaveLength(6);
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
