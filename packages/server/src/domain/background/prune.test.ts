import { randomUUID } from 'node:crypto';
import { expect, test, vi } from 'vitest';
import { day, hour, minute, openTestDomain } from '../../../test/domain.js';
import { prune, pruneInterval } from './prune.js';

const retention = { endedSessionRetention: 7 * day, auditRetention: 365 * day, usageRetention: 400 * day };
const never = new AbortController().signal;

/** A store with `count` sessions of one user, which end a day after the beginning. */
async function openHouse(count: number) {
  const opened = await openTestDomain();
  const { domain, clock } = opened;
  const user = await opened.addUser();
  const add = (expiresAt: number) => {
    const at = clock();
    const id = randomUUID();
    const session = { id, userId: user.id, generation: 0, createdAt: at, rotatedAt: at, idleExpiresAt: expiresAt };
    const audit = { at, action: 'session.signed_in', userId: user.id, sessionId: id, source: '', detail: null };
    const { passwordHash } = user;
    return domain.store.addSession(
      { ...session, expiresAt, revokedAt: null, revokedReason: null, source: '', userAgent: '' },
      { passwordHash, limit: 10_000, endAtMost: 9, reason: 'x', endedAudit: audit },
      audit,
    );
  };
  await Promise.all(Array.from({ length: count }, () => add(clock() + day)));
  const run = (signal = never) => prune({ store: domain.store, retention }, clock, signal);
  const left = (table: string) => Number(opened.sql(`SELECT count(*) AS n FROM ${table}`)[0]?.n);
  return { ...opened, add, run, left };
}

test('sessions that ended longer ago than the retention go, the others stay', async () => {
  const { clock, run, left, add } = await openHouse(450);
  await add(clock() + 30 * day);
  clock.advance(8 * day);
  expect(await run()).toMatchObject({ sessions: 0 });
  clock.advance(hour + 1);
  expect(await run()).toEqual({ sessions: 450, audit: 0, changes: 0, signingKeys: 0, usage: 0 });
  expect(left('sessions')).toBe(1);
});

test('old lines of the audit go, batch by batch', async () => {
  const { clock, run, left } = await openHouse(450);
  clock.advance(364 * day);
  expect(await run()).toMatchObject({ audit: 0 });
  clock.advance(2 * day);
  expect(await run()).toMatchObject({ audit: expect.toSatisfy((lines: number) => lines >= 451) });
  expect(left('audit')).toBe(0);
});

test('usage of hours before the retention goes, batch by batch', async () => {
  const { domain, clock, run, left } = await openHouse(0);
  const row = { userId: 'ada', operation: 'A', requests: 1, errors: 0, fields: 1, milliseconds: 1 };
  const rows = Array.from({ length: 450 }, (_, i) => ({ ...row, hour: clock() - i * hour }));
  await domain.store.addUsage({ writer: 'w', number: 1, at: clock(), rows });
  clock.advance(390 * day);
  expect(await run()).toMatchObject({ usage: 450 - 241 });
  expect(left('usage')).toBe(241);
  clock.advance(20 * day);
  expect(await run()).toMatchObject({ usage: 241 });
  expect([left('usage'), left('usage_writers')]).toEqual([0, 0]);
});

test('lines of a clock that was ahead keep no old ones behind them, and the young are not read through', async () => {
  const { domain, clock, run, left } = await openHouse(0);
  const write = (at: number) => domain.store.enableUser('nobody', { at, action: 'a', ...about });
  const about = { userId: null, sessionId: null, source: '', detail: null };
  const end = clock() + 400 * day;
  await Promise.all(Array.from({ length: 450 }, () => write(end + day)));
  await write(clock());
  const old = left('audit') - 450;
  clock.advance(400 * day);
  await Promise.all(Array.from({ length: 600 }, () => write(clock())));
  const pruneAudit = vi.spyOn(domain.store, 'pruneAudit');
  expect(await run()).toMatchObject({ audit: old });
  expect(left('audit')).toBe(1_050);
  expect(pruneAudit).toHaveBeenCalledTimes(3);
});

test('there is one pass in an hour, however often and by however many processes it is tried', async () => {
  const { clock, run } = await openHouse(1);
  const [first, second] = await Promise.all([run(), run()]);
  expect([first, second].filter((pruned) => pruned === undefined)).toHaveLength(1);
  clock.advance(pruneInterval - 1);
  expect(await run()).toBeUndefined();
  clock.advance(1);
  expect(await run()).toBeDefined();
});

test('a pass that takes longer than the lease goes on holding it', async () => {
  const { domain, clock, run } = await openHouse(1000);
  const pruneSessions = domain.store.pruneSessions;
  const others: unknown[] = [];
  vi.spyOn(domain.store, 'pruneSessions').mockImplementation(async (page) => {
    clock.advance(40 * minute);
    others.push(await domain.store.takeLease({ name: 'prune', holder: 'other', now: clock(), until: clock() + 1 }));
    return pruneSessions(page);
  });
  expect(await run()).toBeDefined();
  expect(others.length).toBeGreaterThan(4);
  expect(new Set(others)).toEqual(new Set([false]));
});

test('it ends at once when it is told to', async () => {
  const { clock, run, left } = await openHouse(450);
  clock.advance(30 * day);
  const ending = new AbortController();
  const pruning = run(ending.signal);
  ending.abort();
  expect(await pruning).toEqual({ sessions: 0, audit: 0, changes: 0, signingKeys: 0, usage: 0 });
  expect(left('sessions')).toBe(450);
});
