import { describe, expect, test } from 'vitest';
import type { SessionRecord, Store } from '../../src/store/store.js';
import { addSession, addSigningKey, addUser, hour, makeAudit, makeUser, now, revokeSession } from './records.js';
import type { OpenStore } from './suite.js';

/** Prunes page after page to the end. Returns how many each page took. */
async function pruneAllSessions(store: Store, limit: number): Promise<readonly number[]> {
  const pages: number[] = [];
  let after: string | undefined = '';
  while (after !== undefined) {
    const { pruned, next } = await store.pruneSessions({ after, limit, endedBefore: now });
    pages.push(pruned);
    expect(next === undefined || next > after).toBe(true);
    after = next;
  }
  return pages;
}

const ids = (sessions: readonly SessionRecord[]) => sessions.map(({ id }) => id).toSorted();

async function remainingOf(store: Store, sessions: readonly SessionRecord[]): Promise<readonly string[]> {
  const found = await Promise.all(sessions.map(({ id }) => store.findSession(id)));
  return ids(found.filter((session) => session !== undefined));
}

const later = { idleExpiresAt: now + hour, expiresAt: now + hour };

export function describePruning(open: OpenStore): void {
  describe('pruning', () => {
    test('a session goes that ended or expired before a time, and every other stays', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      const add = (fields: Partial<SessionRecord>) => addSession(store, { ...later, ...fields, userId });
      const revoked = async (at: number) => {
        const session = await add({});
        await revokeSession(store, session, { at });
        return session;
      };
      const gone = [
        await add({ idleExpiresAt: now - 1 }),
        await add({ expiresAt: now - 1 }),
        await revoked(now - 1),
        await revoked(now - 10 * hour),
      ];
      const staying = [
        await add({}),
        await add({ idleExpiresAt: now }),
        await add({ expiresAt: now }),
        await revoked(now),
        await revoked(now + 1),
      ];
      expect(await pruneAllSessions(store, 100)).toEqual([4]);
      expect(await remainingOf(store, [...gone, ...staying])).toEqual(ids(staying));
    });

    test('sessions are pruned a page at a time, in the order of their ids, to the end', async () => {
      const { store } = await open();
      const { id: userId } = await addUser(store);
      const ended = { userId, idleExpiresAt: now - 1 };
      // By code point: B before a.
      const names = ['1', 'B', 'Z_', 'a', 'a-', 'b', 'ä'];
      const sessions: SessionRecord[] = [];
      for (const id of names.toReversed()) sessions.push(await addSession(store, { ...ended, id }));
      const living = await addSession(store, { ...later, userId, id: 'C' });
      expect(await store.pruneSessions({ after: '', limit: 3, endedBefore: now })).toEqual({ pruned: 2, next: 'C' });
      expect(await remainingOf(store, [...sessions, living])).toEqual(['C', 'Z_', 'a', 'a-', 'b', 'ä'].toSorted());
      const { next } = await store.pruneSessions({ after: 'Z_', limit: 3, endedBefore: now });
      expect(next).toBe('b');
      const pages = await pruneAllSessions(store, 2);
      expect(pages.reduce((sum, pruned) => sum + pruned, 0)).toBe(2);
      expect(await remainingOf(store, [...sessions, living])).toEqual(['C']);
      expect(await pruneAllSessions(store, 2)).toEqual([0]);
    });

    test('an empty store has no session to prune', async () => {
      const { store } = await open();
      expect(await store.pruneSessions({ after: '', limit: 5, endedBefore: now })).toEqual({
        pruned: 0,
        next: undefined,
      });
    });

    test('old lines of the audit go a page at a time, and what stays is passed over', async () => {
      const { store, readAudit } = await open();
      const written = [-3, 0, 5, -2, 1, -1, 2];
      for (const i of written) await store.addUser(makeUser(), makeAudit('user.added', { at: now + i }));
      const times = async () => (await readAudit()).map(({ at }) => at - now);
      const page = { before: now, limit: 2 };
      const first = await store.pruneAudit({ ...page, after: 0 });
      expect(first).toMatchObject({ pruned: 1, next: { at: now } });
      expect(await times()).toEqual([0, 5, -2, 1, -1, 2]);
      const second = await store.pruneAudit({ ...page, after: first.next?.after ?? 0 });
      expect(second).toMatchObject({ pruned: 1, next: { at: now - 2 } });
      expect(await times()).toEqual([0, 5, 1, -1, 2]);
      // The row it goes on after is gone.
      const third = await store.pruneAudit({ ...page, after: second.next?.after ?? 0 });
      expect(third).toMatchObject({ pruned: 1, next: { at: now - 1 } });
      expect(await store.pruneAudit({ ...page, after: third.next?.after ?? 0 })).toEqual({
        pruned: 0,
        next: undefined,
      });
      expect(await times()).toEqual([0, 5, 1, 2]);
      expect(await store.pruneAudit({ before: now + 9, limit: 9, after: 0 })).toEqual({ pruned: 4, next: undefined });
      expect(await store.pruneAudit({ ...page, after: 0 })).toEqual({ pruned: 0, next: undefined });
    });

    test('old changes go, and the others are still told', async () => {
      const { store } = await open();
      const sessions: SessionRecord[] = [];
      for (let i = -3; i <= 1; i++) {
        const session = await addSession(store);
        await revokeSession(store, session, { at: now + i });
        sessions.push(session);
      }
      const told = async () => (await store.listChanges({ after: undefined, since: 0 })).revokedSessions.toSorted();
      const { pruned, next } = await store.pruneChanges({ after: 0, before: now, limit: 2 });
      expect({ pruned, at: next?.at }).toEqual({ pruned: 2, at: now - 2 });
      expect(await told()).toEqual(ids(sessions.slice(2)));
      const rest = { after: next?.after ?? 0, before: now, limit: 9 };
      expect(await store.pruneChanges(rest)).toEqual({ pruned: 1, next: undefined });
      expect(await store.pruneChanges(rest)).toEqual({ pruned: 0, next: undefined });
      expect(await told()).toEqual(ids(sessions.slice(3)));
    });

    test('also where the newest change is gone, every cursor is told of what comes after it', async () => {
      const { store, reopen } = await open();
      const [gone, next] = [await addSession(store), await addSession(store)];
      await revokeSession(store, gone, { at: now - 1 });
      const { cursor: before } = await store.listChanges({ after: undefined, since: 0 });
      expect(await store.pruneChanges({ after: 0, before: now, limit: 10 })).toEqual({ pruned: 1, next: undefined });
      const again = await reopen();
      const { cursor: empty, revokedSessions } = await again.listChanges({ after: undefined, since: 0 });
      expect(revokedSessions).toEqual([]);
      const { cursor: after } = await again.listChanges({ after: before, since: 0 });
      await revokeSession(again, next);
      for (const cursor of [before, empty, after]) {
        const changes = await again.listChanges({ after: cursor, since: 0 });
        expect(changes.revokedSessions).toEqual([next.id]);
      }
    });

    test('retired keys go, and a key that retires later or never stays', async () => {
      const { store } = await open();
      const retiring = [now - 3, now - 1, now - 2, now, now + 1, null];
      for (const [i, retiresAt] of retiring.entries()) await addSigningKey(store, { number: i + 1, retiresAt });
      const numbers = async () => (await store.listSigningKeys()).map(({ number }) => number).toSorted();
      expect(await store.pruneSigningKeys({ before: now, limit: 2 })).toBe(2);
      expect(await numbers()).toEqual([2, 4, 5, 6]);
      expect(await store.pruneSigningKeys({ before: now, limit: 2 })).toBe(1);
      expect(await store.pruneSigningKeys({ before: now, limit: 2 })).toBe(0);
      expect(await numbers()).toEqual([4, 5, 6]);
    });
  });
}
