import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import type { Store } from '../../src/store/store.js';
import { addSession, addSigningKey, addUser, hour, makeAudit, now, revokeSession } from './records.js';
import type { OpenStore } from './suite.js';

/** What there is to hear of after the cursor. */
const changesAfter = (store: Store, after: string) => store.listChanges({ after, since: 0 });
const cursorOf = async (store: Store) => (await store.listChanges({ after: undefined, since: now })).cursor;

export function describeChanges(open: OpenStore): void {
  describe('changes', () => {
    test('an empty store has none, and its cursor is good for what comes', async () => {
      const { store } = await open();
      const { cursor, ...changes } = await store.listChanges({ after: undefined, since: 0 });
      expect(changes).toEqual({ revokedSessions: [], haveKeysChanged: false, isSchemaReloadRequested: false });
      const session = await addSession(store);
      await revokeSession(store, session);
      expect((await changesAfter(store, cursor)).revokedSessions).toEqual([session.id]);
    });

    test('without a cursor all are told from a time on, that time included', async () => {
      const { store } = await open();
      const [before, at, after] = [await addSession(store), await addSession(store), await addSession(store)];
      await addSession(store);
      await revokeSession(store, before, { at: now - 1 });
      await revokeSession(store, at, { at: now });
      await revokeSession(store, after, { at: now + hour });
      await addSigningKey(store);
      const since = (time: number) => store.listChanges({ after: undefined, since: time });
      const all = await since(now);
      expect(all.revokedSessions.toSorted()).toEqual([at.id, after.id].toSorted());
      expect(all.haveKeysChanged).toBe(true);
      expect(await since(now + 1)).toMatchObject({ revokedSessions: [after.id], haveKeysChanged: false });
      expect(await since(now + hour + 1)).toMatchObject({ revokedSessions: [], haveKeysChanged: false });
    });

    test('after a cursor only what came later is told, whatever its time', async () => {
      const { store, another } = await open();
      const second = await another();
      const [first, later] = [await addSession(store), await addSession(store)];
      await revokeSession(store, first);
      let cursor = await cursorOf(second);
      // The clock of another node may be late.
      await revokeSession(store, later, { at: now - 10 * hour });
      await vi.waitFor(async () => {
        const changes = await changesAfter(second, cursor);
        expect(changes).toMatchObject({ revokedSessions: [later.id], haveKeysChanged: false });
        cursor = changes.cursor;
      });
      await vi.waitFor(async () => {
        const changes = await changesAfter(second, cursor);
        expect(changes).toMatchObject({ revokedSessions: [], haveKeysChanged: false });
        cursor = changes.cursor;
      });
      await addSigningKey(store);
      expect(await changesAfter(second, cursor)).toMatchObject({ revokedSessions: [], haveKeysChanged: true });
    });

    test('that the schema of the upstream shall be read is told, once, and is no change of the keys', async () => {
      const { store, another, readAudit } = await open();
      const second = await another();
      let cursor = await cursorOf(second);
      await store.requestSchemaReload(makeAudit('upstream.reload_requested'));
      await vi.waitFor(async () => {
        const changes = await changesAfter(second, cursor);
        expect(changes).toMatchObject({ revokedSessions: [], haveKeysChanged: false, isSchemaReloadRequested: true });
        cursor = changes.cursor;
      });
      await vi.waitFor(async () => {
        const changes = await changesAfter(second, cursor);
        expect(changes.isSchemaReloadRequested).toBe(false);
        cursor = changes.cursor;
      });
      expect((await readAudit()).map(({ action }) => action)).toEqual(['upstream.reload_requested']);
      await addSigningKey(store);
      const changes = await changesAfter(second, cursor);
      expect(changes).toMatchObject({ haveKeysChanged: true, isSchemaReloadRequested: false });
    });

    test('every way to end a session is told of', async () => {
      const { store } = await open();
      const cursor = await cursorOf(store);
      const sessions = await Promise.all(Array.from({ length: 4 }, () => addSession(store)));
      const [one, all, disabled, changed] = sessions as [(typeof sessions)[0], ...typeof sessions];
      const of = (userId = '') => ({ userId, at: now, reason: 'x', expiredBy: now });
      await revokeSession(store, one);
      await store.revokeUserSessions(of(all?.userId), makeAudit('x'));
      await store.disableUser(of(disabled?.userId), makeAudit('x'));
      await store.changePassword({ ...of(changed?.userId), passwordHash: 'new' }, makeAudit('x'));
      const { revokedSessions } = await changesAfter(store, cursor);
      expect(revokedSessions.toSorted()).toEqual(sessions.map(({ id }) => id).toSorted());
    });

    test('what changed nothing is not told of', async () => {
      const { store } = await open();
      const session = await addSession(store);
      await revokeSession(store, session);
      await addSigningKey(store);
      const cursor = await cursorOf(store);
      await revokeSession(store, session);
      await revokeSession(store, { id: 'nothing', userId: 'nobody' });
      await addSigningKey(store);
      await store.rotateSession({ id: session.id, generation: 0, now, idleExpiresAt: now + hour });
      expect(await changesAfter(store, cursor)).toMatchObject({ revokedSessions: [], haveKeysChanged: false });
    });

    test('none of many at once on two stores is missed by who polls meanwhile', async () => {
      const { store, another } = await open();
      const stores = [store, await another()];
      const { id: userId } = await addUser(store);
      const sessions = await Promise.all(Array.from({ length: 80 }, () => addSession(store, { userId })));
      const heard = new Set<string>();
      let cursor = await cursorOf(store);
      let isOver = false;
      const hear = async () => {
        const changes = await changesAfter(store, cursor);
        for (const id of changes.revokedSessions) heard.add(id);
        cursor = changes.cursor;
      };
      const polling = (async () => {
        // A store may answer a read without leaving the turn, and nothing else would ever run.
        for (; !isOver; await nextTurn()) await hear();
      })();
      await Promise.all(sessions.map((session, i) => revokeSession(stores[i % 2] as Store, session)));
      isOver = true;
      await polling;
      await vi.waitFor(async () => {
        await hear();
        expect(heard.size).toBe(sessions.length);
      });
    });

    test('who watches may stop at any moment, more than once', async () => {
      const { store } = await open();
      const ends = [store.watchChanges(() => undefined), store.watchChanges(() => undefined)];
      for (const end of [...ends, ...ends]) expect(end).not.toThrow();
      await store.ping();
      const end = store.watchChanges(() => undefined);
      await store.close();
      expect(end).not.toThrow();
    });

    test('who watches is called soon after another made a change, and where the database cannot tell, polling hears of it', async () => {
      const { store, another, notifies } = await open();
      const second = await another();
      const listener = vi.fn();
      const end = store.watchChanges(listener);
      if (!notifies) {
        const cursor = await cursorOf(store);
        const session = await addSession(second);
        await revokeSession(second, session);
        expect((await changesAfter(store, cursor)).revokedSessions).toEqual([session.id]);
        expect(listener).not.toHaveBeenCalled();
        return end();
      }
      // It may take a moment before it listens: what changed before is what the polling is for.
      await vi.waitFor(
        async () => {
          await revokeSession(second, await addSession(second));
          expect(listener).toHaveBeenCalled();
        },
        { timeout: 3000 },
      );
      listener.mockClear();
      await addSigningKey(second);
      await vi.waitFor(() => expect(listener).toHaveBeenCalled());

      end();
      listener.mockClear();
      const stillThere = vi.fn();
      const endOther = store.watchChanges(stillThere);
      await revokeSession(second, await addSession(second));
      await vi.waitFor(() => expect(stillThere).toHaveBeenCalled());
      expect(listener).not.toHaveBeenCalled();
      endOther();
    });
  });
}
