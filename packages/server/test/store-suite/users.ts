import { describe, expect, test } from 'vitest';
import { addUser, makeAudit, makeUser, now } from './records.js';
import type { OpenStore } from './suite.js';

export function describeUsers(open: OpenStore): void {
  describe('users', () => {
    test('a user is found by name and by id, with every field as it was given', async () => {
      const { store } = await open();
      const user = makeUser({ userName: 'ünï@exämple.com', scope: `a "quoted' scope`, disabledAt: now });
      expect(await store.addUser(user, makeAudit('user.added'))).toBe('added');
      expect(await store.findUser('ünï@exämple.com')).toEqual(user);
      expect(await store.findUserById(user.id)).toEqual(user);
    });

    test('nobody is found under a name or an id that was not added', async () => {
      const { store } = await open();
      await addUser(store, { userName: 'ada@example.com' });
      expect(await store.findUser('Ada@example.com')).toBeUndefined();
      expect(await store.findUser("' OR ''='")).toBeUndefined();
      expect(await store.findUserById('ada@example.com')).toBeUndefined();
    });

    test('a name or an id with a NUL in it is that of nobody, and no error', async () => {
      const { store } = await open();
      const { id, userName } = await addUser(store, { userName: 'ada@example.com' });
      for (const nul of ['\0', '\0zzz']) {
        expect(await store.findUser(userName + nul)).toBeUndefined();
        expect(await store.findUserById(id + nul)).toBeUndefined();
      }
      expect(await store.addUser(makeUser({ userName: `${userName}\0` }), makeAudit('user.added'))).toBe('added');
      expect(await store.listUsers({ after: '', limit: 10 })).toMatchObject([
        { userName },
        { userName: `${userName}\ufffd` },
      ]);
      expect(await store.listUsers({ after: `${userName}\0`, limit: 10 })).toEqual([]);
    });

    test('a name that is taken is refused, leaves the first user as it was and no line in the audit', async () => {
      const { store, readAudit } = await open();
      const first = await addUser(store, { userName: 'ada@example.com' });
      const second = makeUser({ userName: 'ada@example.com', scope: 'everything' });
      expect(await store.addUser(second, makeAudit('second'))).toBe('exists');
      expect(await store.findUser('ada@example.com')).toEqual(first);
      expect(await store.findUserById(second.id)).toBeUndefined();
      expect((await readAudit()).map(({ action }) => action)).toEqual(['user.added']);
    });

    test('of twenty that are added at once under one name, one is', async () => {
      const { store, readAudit } = await open();
      const users = Array.from({ length: 20 }, () => makeUser({ userName: 'ada@example.com' }));
      const outcomes = await Promise.all(
        users.map((user) => store.addUser(user, makeAudit('user.added', { userId: user.id }))),
      );
      expect(outcomes.filter((outcome) => outcome === 'added')).toHaveLength(1);
      const added = users[outcomes.indexOf('added')];
      expect(await store.findUser('ada@example.com')).toEqual(added);
      expect(await readAudit()).toEqual([makeAudit('user.added', { userId: added?.id ?? null })]);
    });

    test('users are listed a page at a time in the order of the code points of their names', async () => {
      const { store } = await open();
      const names = ['a-c@x', 'a.b@x', 'ab@x', 'b@x', 'z@x', 'ä@x', '語@x'];
      for (const userName of names.toReversed()) await addUser(store, { userName });
      const page = async (after: string, limit: number) =>
        (await store.listUsers({ after, limit })).map(({ userName }) => userName);
      expect(await page('', 100)).toEqual(names);
      expect(await page('', 3)).toEqual(names.slice(0, 3));
      expect(await page('ab@x', 3)).toEqual(names.slice(3, 6));
      expect(await page('語@x', 3)).toEqual([]);
      // A name that is gone, or never was, is a place to go on from like any other.
      expect(await page('c', 2)).toEqual(['z@x', 'ä@x']);
    });

    test('a listed user has every field', async () => {
      const { store } = await open();
      const user = await addUser(store);
      expect(await store.listUsers({ after: '', limit: 10 })).toEqual([user]);
    });

    test('a password hash is replaced where it is still the one that was read', async () => {
      const { store } = await open();
      const user = await addUser(store, { passwordHash: 'old' });
      const other = await addUser(store, { passwordHash: 'old' });
      await store.replacePasswordHash({ userId: user.id, from: 'old', to: 'new' });
      expect(await store.findUserById(user.id)).toEqual({ ...user, passwordHash: 'new' });
      expect(await store.findUserById(other.id)).toEqual(other);
    });

    test('a password hash that was changed meanwhile stays', async () => {
      const { store } = await open();
      const user = await addUser(store, { passwordHash: 'old' });
      await Promise.all([
        store.replacePasswordHash({ userId: user.id, from: 'old', to: 'changed by the owner' }),
        store.replacePasswordHash({ userId: user.id, from: 'old', to: 'made again at a sign-in' }),
      ]);
      expect((await store.findUserById(user.id))?.passwordHash).toBe('changed by the owner');
    });
  });
}
