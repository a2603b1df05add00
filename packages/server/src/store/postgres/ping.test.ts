import { expect, test } from 'vitest';
import { openTestStore, takeTestDatabase } from '../../../test/postgres/database.js';
import { startRelay } from '../../../test/relay.js';
import { StoreUnavailableError } from '../store.js';

const version = `SELECT xmin::TEXT FROM leases WHERE name = 'ping'`;

test('it really writes, and once a second at most', async () => {
  const { url, query } = await takeTestDatabase();
  const store = await openTestStore(url);
  await Promise.all(Array.from({ length: 100 }, () => store.ping()));
  const [first] = await query(version);
  expect(first).toBeDefined();
  await store.ping();
  expect(await query(version)).toEqual([first]);
  await (await openTestStore(url)).ping();
  expect(await query(version)).not.toEqual([first]);
});

test('it waits no longer than half a second for somebody who holds its row', async () => {
  const { url, connect } = await takeTestDatabase();
  await (await openTestStore(url)).ping();
  const store = await openTestStore(url);
  const other = await connect();
  await other.query(`BEGIN; SELECT 1 FROM leases WHERE name = 'ping' FOR UPDATE`);
  const began = performance.now();
  await expect(store.ping()).rejects.toThrow('canceling statement due to lock timeout');
  expect(performance.now() - began).toBeLessThan(1_500);
});

test('an answer from before a connection broke is not given again', async () => {
  const { url } = await takeTestDatabase();
  const relay = await startRelay(url);
  const store = await openTestStore(relay.url, { timeout: 300, poolSize: 1 });
  await store.ping();
  relay.freeze();
  await expect(store.agreeOn('a', 'b')).rejects.toThrow(StoreUnavailableError);
  await expect(store.ping()).rejects.toThrow(StoreUnavailableError);
});
