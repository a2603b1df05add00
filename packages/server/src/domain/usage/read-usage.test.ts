import { expect, test, vi } from 'vitest';
import { day, hour, minute } from '../../../test/domain.js';
import { openTestUsage } from '../../../test/usage.js';
import { StoreUnavailableError } from '../../store/store.js';
import { readUsage } from './read-usage.js';

test('it holds what the store has and what this node has not written yet', async () => {
  const { usage, domain, clock, request } = await openTestUsage();
  clock.advance(90 * minute);
  request('ada', 'A');
  request('ada', 'B');
  await usage.synchronize();
  request('ada', 'B', { milliseconds: 0.4 });
  request('ada', 'C', { milliseconds: 0.4 });
  request('bob', 'A');
  expect(await readUsage(domain, 'ada', 'DAY')).toEqual({
    from: Date.UTC(2029, 11, 31, 1),
    to: Date.UTC(2030, 0, 1, 1, 30),
    total: { requests: 4, errors: 0, fields: 4, milliseconds: 5 },
    operations: [
      { operation: 'B', requests: 2, errors: 0, fields: 2, milliseconds: 2 },
      { operation: 'A', requests: 1, errors: 0, fields: 1, milliseconds: 2 },
      { operation: 'C', requests: 1, errors: 0, fields: 1, milliseconds: 0 },
    ],
  });
});

test.each([
  ['HOUR', hour],
  ['DAY', day],
  ['WEEK', 7 * day],
  ['MONTH', 30 * day],
] as const)('%s is the hour that is running and the whole hours before it', async (last, length) => {
  const { usage, domain, clock, request } = await openTestUsage();
  clock.advance(59 * minute);
  request();
  clock.advance(minute);
  request();
  await usage.synchronize();
  // In the last moment of the hour so far from the second request.
  clock.advance(length + 59 * minute);
  const requests = async () => (await readUsage(domain, 'ada', last)).total.requests;
  expect(await requests()).toBe(1);
  clock.advance(minute);
  expect(await requests()).toBe(0);
});

test('a batch that failed is not missing from it once the store is back', async () => {
  const { usage, domain, request, state } = await openTestUsage();
  request();
  state.failure = 'before';
  await usage.synchronize();
  state.failure = undefined;
  request();
  expect((await readUsage(domain, 'ada', 'DAY')).total.requests).toBe(2);
});

test('the store is asked once, until this node has written or five seconds are over', async () => {
  const { usage, domain, request, clock, store } = await openTestUsage();
  const asked = vi.spyOn(store, 'sumUsage');
  const read = async () => (await readUsage(domain, 'ada', 'DAY')).total.requests;
  for (let i = 0; i < 3; i++) {
    expect(await read()).toBe(i);
    request();
  }
  expect(asked).toHaveBeenCalledTimes(1);
  await usage.synchronize();
  expect(await read()).toBe(3);
  expect(asked).toHaveBeenCalledTimes(2);
  await store.addUsage({
    writer: 'another node',
    number: 1,
    at: clock(),
    rows: [{ userId: 'ada', hour: clock(), operation: 'A', requests: 1, errors: 0, fields: 1, milliseconds: 1 }],
  });
  clock.advance(5_000);
  expect(await read()).toBe(4);
  asked.mockRejectedValueOnce(new StoreUnavailableError('away'));
  clock.advance(5_000);
  await expect(read()).rejects.toBeInstanceOf(StoreUnavailableError);
  expect(await read()).toBe(4);
});

test('it is exact also while it is being written', async () => {
  const { usage, domain, request } = await openTestUsage();
  for (let i = 1; i <= 50; i++) {
    request('ada', `Name${i}`);
    const [, { total }] = await Promise.all([usage.synchronize(), readUsage(domain, 'ada', 'HOUR')]);
    expect(total.requests).toBe(i);
  }
});
