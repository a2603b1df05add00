import { expect, test } from 'vitest';
import { hour, minute } from '../../../test/domain.js';
import { openTestUsage } from '../../../test/usage.js';
import { createCountedOperation } from './counted-operation.js';

test('what callers ask for is in the store when it was written, by user and operation', async () => {
  const { usage, request, stored } = await openTestUsage();
  request('ada', 'A', { fields: 3, milliseconds: 2.5 });
  request('ada', 'A', { fields: 3, milliseconds: 2.25, isError: true });
  request('ada', null);
  request('bob', 'A');
  expect((await stored()).total.requests).toBe(0);
  await usage.synchronize();
  expect(await stored()).toEqual({
    total: { requests: 3, errors: 1, fields: 7, milliseconds: 7 },
    operations: [
      { operation: 'A', requests: 2, errors: 1, fields: 6, milliseconds: 5 },
      { operation: '(anonymous)', requests: 1, errors: 0, fields: 1, milliseconds: 2 },
    ],
  });
  expect((await stored('bob')).total.requests).toBe(1);
  await usage.synchronize();
  expect((await stored()).total.requests).toBe(3);
});

test('a request belongs to the hour in which it came, and its time to that in which it ended', async () => {
  const { usage, clock, sql } = await openTestUsage();
  const start = clock();
  const [consumer, operation] = [usage.consumerOf('ada'), createCountedOperation('A', 4)];
  usage.begin(consumer, operation);
  clock.advance(hour);
  usage.record(consumer, operation, hour, true);
  await usage.synchronize();
  expect(sql('SELECT hour, requests, errors, fields, milliseconds FROM usage ORDER BY hour')).toEqual([
    { hour: start, requests: 1, errors: 0, fields: 4, milliseconds: 0 },
    { hour: start + hour, requests: 0, errors: 1, fields: 0, milliseconds: hour },
  ]);
});

test('an event of a subscription counts its fields, and is no request', async () => {
  const { usage, stored } = await openTestUsage();
  const [consumer, operation] = [usage.consumerOf('ada'), createCountedOperation('Watch', 5)];
  usage.begin(consumer, operation);
  for (let i = 0; i < 3; i++) usage.recordEvent(consumer, operation);
  await usage.synchronize();
  expect((await stored()).total).toMatchObject({ requests: 1, fields: 20 });
});

test('a caller with 100,000 names of operations has a hundred of them an hour, and the rest as one', async () => {
  const { usage, request, stored, clock } = await openTestUsage();
  for (let i = 0; i < 100_000; i++) request('ada', `Name${i}`);
  expect(usage.pending.size).toBe(101);
  await usage.synchronize();
  for (let i = 0; i < 1_000; i++) request('ada', `Name${i}`);
  expect(usage.pending.size).toBe(101);
  await usage.synchronize();
  const { total, operations } = await stored();
  expect(total.requests).toBe(101_000);
  expect(operations).toHaveLength(101);
  expect(operations[0]).toMatchObject({ operation: '(other)', requests: 99_900 + 900 });
  clock.advance(hour);
  request('ada', 'Name100000');
  await usage.synchronize();
  expect((await stored()).operations).toContainEqual(expect.objectContaining({ operation: 'Name100000' }));
  expect([...usage.operations.entries()]).toHaveLength(101);
});

test('one caller cannot take the labels of the operations from the others', async () => {
  const { usage, request } = await openTestUsage();
  for (let i = 0; i < 1_000; i++) request('eve', `Name${i}`);
  request('ada', 'Companies');
  expect(usage.operations.has('Companies')).toBe(true);
});

test('100,000 users are all counted, and the metrics tell 200 of them apart', async () => {
  const { usage, request, sql } = await openTestUsage();
  for (let i = 0; i < 100_000; i++) request(`user-${i}`);
  const labels = [...usage.callers.entries()];
  expect(labels).toHaveLength(201);
  expect(labels.at(-1)).toEqual(['(other)', expect.objectContaining({ requests: 99_800 })]);
  await usage.synchronize();
  expect(sql('SELECT count(*) AS users, sum(requests) AS requests FROM usage')).toEqual([
    { users: 100_000, requests: 100_000 },
  ]);
  expect(usage.lost.requests).toBe(0);
}, 20_000);

test.each(['before', 'after'] as const)(
  'a store that fails %s writing loses nothing and counts nothing twice',
  async (failure) => {
    const { usage, request, stored, state, log } = await openTestUsage();
    request();
    state.failure = failure;
    for (let i = 0; i < 3; i++) {
      await usage.synchronize();
      request('ada', `Name${i}`);
    }
    state.failure = undefined;
    await usage.synchronize();
    expect((await stored()).total.requests).toBe(4);
    const lines = log.lines.filter(({ message }) => message.startsWith('usage')).map(({ message }) => message);
    expect(lines).toEqual([
      'usage cannot be recorded; it is kept in memory and tried again',
      'usage is recorded again',
    ]);
  },
);

test('while the store is away memory is bounded: names become one, and what finds no room is counted as lost', async () => {
  const limits = { rows: 10, rowsAtMost: 12, names: 1_000 };
  const { usage, request, stored, state } = await openTestUsage({ limits });
  state.failure = 'before';
  for (let i = 0; i < 20; i++) request('ada', `Name${i}`);
  expect(usage.pending.size).toBe(11);
  for (const user of ['bob', 'eve', 'mallory']) request(user);
  expect(usage.pending.size).toBe(12);
  expect(usage.lost.requests).toBe(2);
  state.failure = undefined;
  await usage.synchronize();
  expect((await stored()).total.requests).toBe(20);
  expect((await stored('bob')).operations.map(({ operation }) => operation)).toEqual(['(other)']);
});

test('names that are remembered are bounded for all callers together, and free again after the hour', async () => {
  const limits = { rows: 1_000, rowsAtMost: 1_000, names: 5 };
  const { usage, request, stored, clock } = await openTestUsage({ limits });
  for (let i = 0; i < 8; i++) request(`user-${i}`);
  await usage.synchronize();
  expect((await stored('user-4')).operations[0]?.operation).toBe('A');
  expect((await stored('user-7')).operations[0]?.operation).toBe('(other)');
  clock.advance(hour);
  await usage.synchronize();
  request('user-7');
  await usage.synchronize();
  expect((await stored('user-7')).operations.map(({ operation }) => operation).toSorted()).toEqual(['(other)', 'A']);
});

test('a caller who was forgotten meanwhile is counted all the same', async () => {
  const { usage, request, stored, clock } = await openTestUsage();
  clock.advance(30 * minute);
  const [consumer, operation] = [usage.consumerOf('ada'), createCountedOperation('A', 1)];
  usage.begin(consumer, operation);
  await usage.synchronize();
  clock.advance(11 * minute);
  await usage.synchronize();
  expect(usage.consumerOf('ada')).not.toBe(consumer);
  usage.record(consumer, operation, 660_000, false);
  request('ada', 'A', { milliseconds: 0 });
  await usage.synchronize();
  expect((await stored()).operations).toEqual([
    { operation: 'A', requests: 2, errors: 0, fields: 2, milliseconds: 660_000 },
  ]);
});

test('a caller who was forgotten while a request came is known again, with what it has used', async () => {
  const { usage } = await openTestUsage({ quotaPerDay: 1 });
  const [consumer, operation] = [usage.consumerOf('ada'), createCountedOperation('A', 1)];
  for (let i = 0; i < 200_000; i++) usage.consumerOf(`user-${i}`);
  expect(consumer.isForgotten).toBe(true);
  usage.begin(consumer, operation);
  expect(usage.consumerOf('ada')).toBe(consumer);
  expect(() => usage.begin(consumer, operation)).toThrow('request of today');
});

test('callers who were forgotten in the middle of a request take no room for names from the others', async () => {
  const { usage, request, stored, clock } = await openTestUsage({ limits: { rows: 99, rowsAtMost: 99, names: 3 } });
  const operation = createCountedOperation('Long', 1);
  const callers = ['a', 'b', 'c'].map((userId) => usage.consumerOf(userId));
  for (const consumer of callers) usage.begin(consumer, operation);
  clock.advance(11 * minute);
  await usage.synchronize();
  for (const consumer of callers) usage.record(consumer, operation, 1, false);
  clock.advance(hour);
  await usage.synchronize();
  request('ada', 'A');
  await usage.synchronize();
  expect((await stored()).operations[0]?.operation).toBe('A');
});

test('what is left is written when it stops; where it cannot be, the log says how much that was', async () => {
  const { usage, request, stored, state, log } = await openTestUsage();
  request();
  await usage.stop();
  expect((await stored()).total.requests).toBe(1);
  request();
  state.failure = 'before';
  await usage.stop();
  expect(log.lines.at(-1)).toEqual({
    level: 'error',
    fields: { requests: 1 },
    message: 'the usage of these requests was not recorded',
  });
});
