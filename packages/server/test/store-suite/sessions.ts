import { describe, expect, test } from 'vitest';
import { addSession, addUser, hour, makeAudit, makeSession, now, passwordHash, revokeSession } from './records.js';
import type { OpenStore } from './suite.js';

export function describeSessions(open: OpenStore): void {
  describe('sessions', () => {
    test('a session is found with every field as it was given', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      const session = makeSession({ userId, generation: 7, source: '2001:db8::1', userAgent: `Zoë's "browser" 🦉` });
      expect(await store.addSession(session, passwordHash, makeAudit('session.signed_in'))).toBe('added');
      expect(await store.findSession(session.id)).toEqual(session);
    });

    test('an id that was not added finds nothing', async () => {
      const { store } = await open();
      await addSession(store);
      expect(await store.findSession('')).toBeUndefined();
    });

    test('a user has as many sessions as there were sign-ins', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      const first = await addSession(store, { userId });
      const second = await addSession(store, { userId });
      expect(await store.findSession(first.id)).toEqual(first);
      expect(await store.findSession(second.id)).toEqual(second);
    });

    test('a disabled user gets no session and no line in the audit', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store, { disabledAt: now });
      const session = makeSession({ userId });
      expect(await store.addSession(session, passwordHash, makeAudit('session.signed_in'))).toBe('refused');
      expect(await store.findSession(session.id)).toBeUndefined();
      expect((await readAudit()).map(({ action }) => action)).toEqual(['user.added']);
    });

    test('a sign-in with a password hash that is no longer the one gets no session and no line in the audit', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store, { passwordHash: 'new' });
      const session = makeSession({ userId });
      expect(await store.addSession(session, 'old', makeAudit('session.signed_in'))).toBe('refused');
      expect(await store.findSession(session.id)).toBeUndefined();
      expect((await readAudit()).map(({ action }) => action)).toEqual(['user.added']);
    });

    test('a user who is not there gets no session and no line in the audit', async () => {
      const { store, readAudit } = await open();
      const session = makeSession({ userId: 'nobody' });
      expect(await store.addSession(session, passwordHash, makeAudit('session.signed_in'))).toBe('refused');
      expect(await store.findSession(session.id)).toBeUndefined();
      expect(await readAudit()).toEqual([]);
    });

    test('the line in the audit has every field as it was given', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store);
      const session = makeSession({ userId });
      const entry = makeAudit('session.signed_in', { userId, sessionId: session.id, source: '::1', detail: 'ünï "x"' });
      await store.addSession(session, passwordHash, entry);
      expect((await readAudit()).at(-1)).toEqual(entry);
    });

    test('the sessions of a user are listed, the newest first, as many as were asked for', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      const second = await addSession(store, { userId, createdAt: now - 2 });
      const first = await addSession(store, { userId, createdAt: now - 1, generation: 3 });
      const third = await addSession(store, { userId, createdAt: now - 3 });
      await addSession(store);
      expect(await store.listSessions({ userId, now, limit: 10 })).toEqual([first, second, third]);
      expect(await store.listSessions({ userId, now, limit: 2 })).toEqual([first, second]);
      expect(await store.listSessions({ userId: 'nobody', now, limit: 10 })).toEqual([]);
    });

    test('a session is listed until it ends or expires', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      const living = await addSession(store, { userId, idleExpiresAt: now + 1, expiresAt: now + 1 });
      await addSession(store, { userId, idleExpiresAt: now });
      await addSession(store, { userId, expiresAt: now });
      await revokeSession(store, await addSession(store, { userId }), { at: now + hour });
      expect(await store.listSessions({ userId, now, limit: 10 })).toEqual([living]);
      expect(await store.listSessions({ userId, now: now + 1, limit: 10 })).toEqual([]);
    });
  });
}
