import { describe, expect, test } from 'vitest';
import type { Admission, SessionRecord, Store } from '../../src/store/store.js';
import { addSession, addUser, hour, makeAdmission, makeAudit, makeSession, now, revokeSession } from './records.js';
import type { OpenStore } from './suite.js';

export function describeSessions(open: OpenStore): void {
  describe('sessions', () => {
    test('a session is found with every field as it was given', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      const session = makeSession({ userId, generation: 7, source: '2001:db8::1', userAgent: `Zoë's "browser" 🦉` });
      expect(await store.addSession(session, makeAdmission(), makeAudit('session.signed_in'))).toEqual({ ended: [] });
      expect(await store.findSession(session.id)).toEqual(session);
    });

    test('an id that was not added finds nothing', async () => {
      const { store } = await open();
      await addSession(store);
      expect(await store.findSession('')).toBeUndefined();
    });

    test('an id with a NUL in it is that of no session: nothing is found, and nothing ends', async () => {
      const { store } = await open();
      const { id, userId } = await addSession(store);
      expect(await store.findSession(`${id}\0zzz`)).toBeUndefined();
      expect(await revokeSession(store, { id: `${id}\0zzz`, userId })).toBe(false);
      expect((await store.findSession(id))?.revokedAt).toBeNull();
    });

    test('a NUL cuts nothing that a caller says, in the session or in the audit', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store);
      const session = makeSession({ userId, source: 'a\0b', userAgent: '\0\0agent' });
      const entry = makeAudit('session.signed_in', { source: 'a\0b', detail: 'c\0' });
      await store.addSession(session, makeAdmission(), entry);
      expect(await store.findSession(session.id)).toEqual({
        ...session,
        source: 'a\ufffdb',
        userAgent: '\ufffd\ufffdagent',
      });
      expect((await readAudit()).at(-1)).toEqual({ ...entry, source: 'a\ufffdb', detail: 'c\ufffd' });
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
      expect(await store.addSession(session, makeAdmission(), makeAudit('session.signed_in'))).toBe('refused');
      expect(await store.findSession(session.id)).toBeUndefined();
      expect((await readAudit()).map(({ action }) => action)).toEqual(['user.added']);
    });

    test('a sign-in with a password hash that is no longer the one gets no session and no line in the audit', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store, { passwordHash: 'new' });
      const session = makeSession({ userId });
      expect(
        await store.addSession(session, makeAdmission({ passwordHash: 'old' }), makeAudit('session.signed_in')),
      ).toBe('refused');
      expect(await store.findSession(session.id)).toBeUndefined();
      expect((await readAudit()).map(({ action }) => action)).toEqual(['user.added']);
    });

    test('a user who is not there gets no session and no line in the audit', async () => {
      const { store, readAudit } = await open();
      const session = makeSession({ userId: 'nobody' });
      expect(await store.addSession(session, makeAdmission(), makeAudit('session.signed_in'))).toBe('refused');
      expect(await store.findSession(session.id)).toBeUndefined();
      expect(await readAudit()).toEqual([]);
    });

    test('the line in the audit has every field as it was given', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store);
      const session = makeSession({ userId });
      const entry = makeAudit('session.signed_in', { userId, sessionId: session.id, source: '::1', detail: 'ünï "x"' });
      await store.addSession(session, makeAdmission(), entry);
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

  describe('a session beyond the limit', () => {
    const enter = (store: Store, fields: Partial<SessionRecord> & { userId: string }, terms: Partial<Admission>) => {
      const session = makeSession(fields);
      const audit = makeAudit('session.signed_in', { sessionId: session.id });
      return { session, added: store.addSession(session, makeAdmission(terms), audit) };
    };

    test('ends the oldest that lives, tells the other processes and leaves a line in the audit', async () => {
      const { store, readAudit } = await open();
      const { id: userId } = await addUser(store);
      await revokeSession(store, await addSession(store, { userId, createdAt: now - 3 }), { at: now });
      await addSession(store, { userId, createdAt: now - 3, idleExpiresAt: now });
      await addSession(store, { userId, createdAt: now - 3, expiresAt: now });
      const oldest = await addSession(store, { userId, createdAt: now - 2 });
      const younger = await addSession(store, { userId, createdAt: now - 1 });
      const foreign = await addSession(store, { createdAt: now - 9 });
      const { cursor } = await store.listChanges({ after: undefined, since: 0 });

      const endedAudit = makeAudit('session.ended', { userId, source: '::1', detail: 'by another' });
      const { session, added } = enter(store, { userId }, { limit: 2, reason: 'too many', endedAudit });
      expect(await added).toEqual({ ended: [oldest.id] });
      expect(await store.findSession(oldest.id)).toEqual({ ...oldest, revokedAt: now, revokedReason: 'too many' });
      expect(await store.listSessions({ userId, now, limit: 10 })).toEqual([session, younger]);
      expect(await store.findSession(foreign.id)).toEqual(foreign);
      expect((await store.listChanges({ after: cursor, since: 0 })).revokedSessions).toEqual([oldest.id]);
      const lines = (await readAudit()).slice(-2);
      expect(lines).toContainEqual({ ...endedAudit, sessionId: oldest.id });
      expect(lines).toContainEqual(makeAudit('session.signed_in', { sessionId: session.id }));
    });

    test('is never the new one, though the clock of another process may have made the others younger', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      const others = [await addSession(store, { userId, createdAt: now + 9 })];
      const { session, added } = enter(store, { userId }, { limit: 1 });
      expect(await added).toEqual({ ended: others.map(({ id }) => id) });
      expect(await store.listSessions({ userId, now, limit: 10 })).toEqual([session]);
    });

    test('lives on where the sign-in is refused', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      const living = await addSession(store, { userId });
      const { added } = enter(store, { userId }, { limit: 1, passwordHash: 'old' });
      expect(await added).toBe('refused');
      expect(await store.listSessions({ userId, now, limit: 10 })).toEqual([living]);
    });

    test('ends with no more at a time than are asked for', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      for (let i = 0; i < 5; i++) await addSession(store, { userId, createdAt: now - 1 - i });
      const ended = async () =>
        ((await enter(store, { userId }, { limit: 2, endAtMost: 3 }).added) as { ended: [] }).ended;
      expect(await ended()).toHaveLength(3);
      expect(await store.listSessions({ userId, now, limit: 10 })).toHaveLength(3);
      expect(await ended()).toHaveLength(2);
      expect(await store.listSessions({ userId, now, limit: 10 })).toHaveLength(2);
    });

    test('ends once, of sign-ins through two processes at once, and the next leaves just as many as may be', async () => {
      const { store, another } = await open();
      const second = await another();
      const { id: userId } = await addUser(store);
      const entered = Array.from({ length: 12 }, (_, i) => enter(i % 2 ? store : second, { userId }, { limit: 3 }));
      const outcomes = await Promise.all(entered.map(({ added }) => added));
      const ended = outcomes.flatMap((outcome) => (outcome === 'refused' ? ['refused'] : outcome.ended));
      expect(new Set(ended).size).toBe(ended.length);
      expect(await store.listSessions({ userId, now, limit: 100 })).toHaveLength(12 - ended.length);
      await enter(store, { userId }, { limit: 3 }).added;
      expect(await store.listSessions({ userId, now, limit: 100 })).toHaveLength(3);
    });
  });
}
