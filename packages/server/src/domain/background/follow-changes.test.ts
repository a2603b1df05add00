import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { openTestSession } from '../../../test/domain.js';
import { createTestLog } from '../../../test/harness.js';
import { openSqliteStore } from '../../store/sqlite/open.js';
import { type Store, StoreUnavailableError } from '../../store/store.js';
import { createRevocations } from '../tokens/revocations.js';
import { createChangeFollower } from './follow-changes.js';

const hour = 3_600_000;

afterEach(() => void vi.useRealTimers());

/** A session on one store, and a follower of another that is open on the same data. */
async function openNode(change: (store: Store) => Partial<Store> = () => ({})) {
  const { domain, data, clock, sessionId, user } = await openTestSession();
  const other = openSqliteStore(data);
  const log = createTestLog();
  const revocations = createRevocations({ lifetime: hour, limit: 1000 }, clock);
  const onKeysChanged = vi.fn(async () => undefined);
  const onSchemaReload = vi.fn();
  const store = { ...other, ...change(other) };
  const follower = createChangeFollower(
    { store, revocations, onKeysChanged, onSchemaReload, lifetime: hour, log },
    clock,
  );
  onTestFinished(async () => {
    await follower.stop();
    await other.close();
  });
  const audit = { at: clock(), action: 'x', userId: user.id, sessionId, source: 'test', detail: null };
  return {
    follower,
    revocations,
    onKeysChanged,
    onSchemaReload,
    requestReload: () => domain.store.requestSchemaReload(audit),
    log,
    clock,
    sessionId,
    revoke: (at = clock()) =>
      domain.store.revokeSession({ id: sessionId, userId: user.id, at, reason: 'signed_out' }, audit),
    changeKeys: async () => {
      const [key] = await domain.store.listSigningKeys();
      if (!key) throw new Error('There is no key.');
      await domain.store.addSigningKey({ ...key, kid: 'next', number: 2 }, { retireOthersAt: null }, audit);
    },
  };
}

test('a session that another process ended is heard of within a second', async () => {
  const { follower, revocations, revoke, sessionId } = await openNode();
  follower.start();
  await revoke();
  await vi.waitFor(() => expect(revocations.has(sessionId)).toBe(true), { timeout: 1000, interval: 20 });
});

test('what was ended before it looked first is heard of, also by a clock that was three hours behind', async () => {
  const { follower, revocations, revoke, sessionId, clock } = await openNode();
  await revoke(clock() - 3 * hour);
  await follower.catchUp();
  expect(revocations.has(sessionId)).toBe(true);
});

test('what ended so long ago that no token can be good is not loaded', async () => {
  const { follower, revocations, revoke, sessionId, clock } = await openNode();
  await revoke(clock() - 4 * hour - 1);
  await follower.catchUp();
  expect(revocations.has(sessionId)).toBe(false);
});

test('new signing keys are heard of once, also those that came while it was starting', async () => {
  const { follower, onKeysChanged, changeKeys } = await openNode();
  await follower.catchUp();
  expect(onKeysChanged).toHaveBeenCalledTimes(1);
  await changeKeys();
  await follower.catchUp();
  await follower.catchUp();
  expect(onKeysChanged).toHaveBeenCalledTimes(2);
});

test('that the schema shall be read is heard once, and not where it was wanted before the start', async () => {
  const { follower, onKeysChanged, onSchemaReload, requestReload } = await openNode();
  await requestReload();
  await follower.catchUp();
  expect(onSchemaReload).not.toHaveBeenCalled();
  onKeysChanged.mockClear();
  await requestReload();
  await requestReload();
  await follower.catchUp();
  await follower.catchUp();
  expect(onSchemaReload).toHaveBeenCalledTimes(1);
  expect(onKeysChanged).not.toHaveBeenCalled();
});

test('keys that could not be read are read at the next look', async () => {
  const { follower, onKeysChanged, changeKeys } = await openNode();
  await follower.catchUp();
  await changeKeys();
  onKeysChanged.mockClear().mockRejectedValueOnce(new StoreUnavailableError('gone'));
  await expect(follower.catchUp()).rejects.toThrow('gone');
  await follower.catchUp();
  expect(onKeysChanged).toHaveBeenCalledTimes(2);
});

test('the store wakes it before the next poll', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let wake = () => {};
  const watchChanges = (listener: () => void) => {
    wake = listener;
    return () => undefined;
  };
  const { follower, revocations, revoke, sessionId } = await openNode(() => ({ watchChanges }));
  follower.start();
  await revoke();
  wake();
  while (!revocations.has(sessionId)) await new Promise((resolve) => setImmediate(resolve));
});

test('a store that is away is asked again until it is back, and the log has one line for each', async () => {
  let away = true;
  const { follower, revocations, revoke, sessionId, log } = await openNode(({ listChanges }) => ({
    listChanges: (page) => (away ? Promise.reject(new StoreUnavailableError('gone')) : listChanges(page)),
  }));
  follower.start();
  await revoke();
  await vi.waitFor(() => expect(log.lines).toHaveLength(1));
  expect(revocations.has(sessionId)).toBe(false);
  away = false;
  await vi.waitFor(() => expect(revocations.has(sessionId)).toBe(true), { timeout: 2000, interval: 20 });
  expect(log.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
});

test('it looks twice in a second, and after the stop no more', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const look = vi.fn<Store['listChanges']>();
  const { follower } = await openNode(({ listChanges }) => ({ listChanges: look.mockImplementation(listChanges) }));
  follower.start();
  for (let looks = 1; looks <= 3; looks++) {
    expect(look).toHaveBeenCalledTimes(looks);
    await look.mock.results.at(-1)?.value;
    await new Promise((resolve) => setImmediate(resolve));
    vi.advanceTimersByTime(500);
  }
  await follower.stop();
  const looks = look.mock.calls.length;
  vi.advanceTimersByTime(5_000);
  expect(look).toHaveBeenCalledTimes(looks);
});
