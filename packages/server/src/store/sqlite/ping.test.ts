import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { StoreUnavailableError } from '../store.js';
import { createGroupCommit } from './group-commit.js';
import { createPing } from './ping.js';

afterEach(() => void vi.useRealTimers());

function openPing() {
  vi.useFakeTimers({ toFake: ['performance'] });
  const db = new DatabaseSync(':memory:');
  onTestFinished(() => db.close());
  db.exec('CREATE TABLE leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, expires_at INTEGER NOT NULL)');
  const changes = () => Number(db.prepare('SELECT total_changes() AS n').get()?.n);
  return { db, changes, ping: createPing(db, createGroupCommit(db)) };
}

test('it really writes, however often it was asked before', async () => {
  const { ping, changes } = openPing();
  for (let times = 1; times <= 3; times++) {
    await ping();
    expect(changes()).toBe(times);
    vi.advanceTimersByTime(1_000);
  }
});

test('it writes once a second at most', async () => {
  const { ping, changes } = openPing();
  await Promise.all(Array.from({ length: 100 }, ping));
  vi.advanceTimersByTime(999);
  await ping();
  expect(changes()).toBe(1);
});

test('it rejects where nothing can be written, until something can', async () => {
  const { db, ping } = openPing();
  db.exec('PRAGMA query_only = ON');
  await expect(ping()).rejects.toThrow(StoreUnavailableError);
  db.exec('PRAGMA query_only = OFF');
  vi.advanceTimersByTime(1_000);
  await ping();
});
