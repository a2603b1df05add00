import { expect, test } from 'vitest';
import { day, hour, minute, second } from '../../../test/domain.js';
import { openTestUsage } from '../../../test/usage.js';
import { LatchkeyError } from '../errors.js';
import { readQuota } from './read-quota.js';
import { type QuotaChoice, setQuota } from './set-quota.js';
import type { Usage, UsageParts } from './usage.js';

type Opened = Awaited<ReturnType<typeof openTestUsage>>;

/** Requests one after the other until one is refused; how many went through. */
async function useUp({ request }: Opened, userId: string, of: Usage, atMost = 1_000): Promise<number> {
  for (let done = 0; done < atMost; done++) {
    const consumer = of.consumerOf(userId);
    await of.learn(consumer);
    try {
      request(userId, 'A', { of });
    } catch (error) {
      expect(error).toMatchObject({ code: 'QUOTA_EXCEEDED' });
      return done;
    }
  }
  return atMost;
}

/** The store knows the user whose id is "ada". */
async function openWithAda(parts: Partial<UsageParts>) {
  const opened = await openTestUsage(parts);
  await opened.addUser({ id: 'ada' });
  return opened;
}

test('requests of a day go through up to the quota, and begin anew at midnight in UTC', async () => {
  const opened = await openTestUsage({ quotaPerDay: 3 });
  const { usage, clock, request } = opened;
  clock.advance(day - 90 * second);
  expect(await useUp(opened, 'ada', usage)).toBe(3);
  expect(() => request()).toThrow(expect.objectContaining({ retryAfter: 90 }));
  await usage.synchronize();
  clock.advance(90 * second - 1);
  expect(() => request()).toThrow(expect.objectContaining({ retryAfter: 1 }));
  clock.advance(1);
  expect(await useUp(opened, 'ada', usage)).toBe(3);
  expect(await useUp(opened, 'bob', usage)).toBe(3);
});

test('a request that was refused is not counted', async () => {
  const opened = await openTestUsage({ quotaPerDay: 2 });
  await useUp(opened, 'ada', opened.usage);
  expect(() => opened.request()).toThrow(LatchkeyError);
  await opened.usage.synchronize();
  expect((await opened.stored()).total.requests).toBe(2);
});

test('without a setting and without a quota of anybody the store is not asked', async () => {
  const opened = await openTestUsage();
  await opened.usage.synchronize();
  opened.state.asked = 0;
  expect(await useUp(opened, 'ada', opened.usage, 10)).toBe(10);
  expect(opened.state.asked).toBe(0);
});

test('a node that a caller comes to for the first time knows what the others have written', async () => {
  const opened = await openWithAda({ quotaPerDay: 10 });
  const other = opened.node();
  expect(await useUp(opened, 'ada', opened.usage, 7)).toBe(7);
  await opened.usage.synchronize();
  expect(await useUp(opened, 'ada', other)).toBe(3);
  await other.synchronize();
  await opened.usage.synchronize();
  opened.clock.advance(7 * second);
  expect(await useUp(opened, 'ada', opened.usage)).toBe(0);
});

test('of nodes that serve a caller at once each lets through at most the quota until they hear of each other', async () => {
  const opened = await openWithAda({ quotaPerDay: 10 });
  const nodes = [opened.usage, opened.node(), opened.node()];
  for (const node of nodes) await useUp(opened, 'ada', node, 5);
  for (const node of nodes) await node.synchronize();
  opened.clock.advance(7 * second);
  for (const node of nodes) expect(await useUp(opened, 'ada', node)).toBe(0);
  expect((await opened.stored()).total.requests).toBe(15);
});

test('writing and reading while a caller goes on never lets more through on a node than the quota', async () => {
  const opened = await openWithAda({ quotaPerDay: 400 });
  const { usage } = opened;
  let isDone = false;
  const synchronizing = (async () => {
    while (!isDone) {
      await usage.synchronize();
      // The next turn of the loop.
      await new Promise(setImmediate);
    }
  })();
  const crowd = Array.from({ length: 20 }, async () => {
    let done = 0;
    for (let i = 0; i < 50; i++) {
      done += await useUp(opened, 'ada', usage, 1);
      await new Promise(setImmediate);
    }
    return done;
  });
  const total = (await Promise.all(crowd)).reduce((sum, done) => sum + done, 0);
  isDone = true;
  await synchronizing;
  expect(total).toBe(400);
});

test('while the store is away a caller is served on what is known, and the quota of the node holds', async () => {
  const opened = await openTestUsage({ quotaPerDay: 5 });
  const { usage, state, clock } = opened;
  await useUp(opened, 'ada', usage, 2);
  await usage.synchronize();
  state.failure = 'before';
  clock.advance(hour);
  expect(await useUp(opened, 'ada', usage)).toBe(3);
  expect(await useUp(opened, 'bob', usage)).toBe(5);
  state.asked = 0;
  expect(await useUp(opened, 'eve', usage)).toBe(5);
  expect(state.asked).toBe(0);
  state.failure = undefined;
  await usage.synchronize();
  expect((await opened.stored()).total.requests).toBe(5);
});

test('a caller is not forgotten while the store is asked for its quota', async () => {
  const { usage, clock } = await openTestUsage({ quotaPerDay: 1 });
  for (const pause of [0, 11 * minute]) {
    clock.advance(pause);
    const consumer = usage.consumerOf('ada');
    const learning = usage.learn(consumer);
    expect(learning).toBeInstanceOf(Promise);
    await usage.synchronize();
    await learning;
    expect(usage.consumerOf('ada')).toBe(consumer);
  }
});

test('the first request waits for a slow store a second, and is then served', async () => {
  const opened = await openTestUsage();
  const never = () => new Promise<never>(() => undefined);
  const usage = opened.node({ quotaPerDay: 5, store: { ...opened.store, readQuotas: never } });
  const start = performance.now();
  expect(await useUp(opened, 'ada', usage, 1)).toBe(1);
  expect(performance.now() - start).toBeLessThan(2_000);
});

test('a quota of a user takes the place of that of the setting, and servers follow', async () => {
  const opened = await openTestUsage({ quotaPerDay: 2 });
  const { usage, domain } = opened;
  const { id, userName } = await opened.addUser();
  const change = async (choice: QuotaChoice) => {
    expect(await setQuota(domain, userName.toUpperCase(), choice)).toBe(userName);
    await usage.synchronize();
  };
  expect(await useUp(opened, id, usage)).toBe(2);
  await change(5);
  expect(await useUp(opened, id, usage)).toBe(3);
  expect(await readQuota(domain, id)).toEqual({ limit: 5, used: 5, resetsAt: Date.UTC(2030, 0, 2) });
  await change('none');
  expect(await useUp(opened, id, usage, 50)).toBe(50);
  expect(await readQuota(domain, id)).toBeNull();
  await change('default');
  expect(await useUp(opened, id, usage)).toBe(0);
  expect(await readQuota(domain, id)).toMatchObject({ limit: 2, used: 2 });
  await change(0);
  opened.clock.advance(day);
  expect(await useUp(opened, id, usage)).toBe(0);
  expect(opened.sql("SELECT detail FROM audit WHERE action = 'user.quota_changed' ORDER BY id")).toEqual(
    ['5', 'none', 'default', '0'].map((detail) => ({ detail })),
  );
});

test('where nothing is set, a quota of one user is heard of, and forgotten when it is taken away', async () => {
  const opened = await openTestUsage();
  const { usage, domain } = opened;
  const { id, userName } = await opened.addUser();
  await usage.synchronize();
  expect(await useUp(opened, id, usage, 10)).toBe(10);
  await setQuota(domain, userName, 12);
  await usage.synchronize();
  expect(await useUp(opened, id, usage)).toBe(2);
  await setQuota(domain, userName, 'default');
  await usage.synchronize();
  expect(await useUp(opened, id, usage, 10)).toBe(10);
});

test.each([-1, 1.5, Number.NaN, 1e13])('%s is no quota', async (quota) => {
  const { domain } = await openTestUsage();
  await expect(setQuota(domain, 'ada@example.com', quota)).rejects.toMatchObject({ code: 'QUOTA_INVALID' });
});
