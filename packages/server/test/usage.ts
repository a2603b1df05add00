import { createCountedOperation } from '../src/domain/usage/counted-operation.js';
import { createUsage, type UsageParts } from '../src/domain/usage/usage.js';
import { StoreUnavailableError } from '../src/store/store.js';
import { openTestDomain } from './domain.js';

/** How a store that fails does it: before it has written, or after, so that its answer is lost. */
export type Failure = 'before' | 'after';

/** Nodes that count on one real store, which can be away. They synchronize when the test says so. */
export async function openTestUsage(parts: Partial<UsageParts> = {}) {
  const opened = await openTestDomain();
  const { domain, clock, log } = opened;
  const { store } = domain;
  const state: { failure: Failure | undefined; asked: number } = { failure: undefined, asked: 0 };
  const failing =
    <A extends unknown[], T>(verb: (...args: A) => Promise<T>) =>
    async (...args: A): Promise<T> => {
      state.asked++;
      if (state.failure === 'before') throw new StoreUnavailableError('away');
      const answer = await verb(...args);
      if (state.failure === 'after') throw new StoreUnavailableError('the answer was lost');
      return answer;
    };
  const unreliable = {
    ...store,
    addUsage: failing(store.addUsage),
    readQuotas: failing(store.readQuotas),
    hasQuotas: failing(store.hasQuotas),
  };
  const node = (settings: Partial<UsageParts> = {}) =>
    createUsage({ store: unreliable, log, quotaPerDay: undefined, ...parts, ...settings }, clock);
  const usage = node();

  return {
    ...opened,
    store,
    usage,
    node,
    /** The domain with the usage of the node in it. */
    domain: { ...domain, store, usage },
    state,
    /** One request from its beginning to its end. Throws QUOTA_EXCEEDED. */
    request(
      userId = 'ada',
      name: string | null = 'A',
      { of = usage, fields = 1, milliseconds = 2, isError = false } = {},
    ) {
      const consumer = of.consumerOf(userId);
      const operation = createCountedOperation(name ?? undefined, fields);
      of.begin(consumer, operation);
      of.record(consumer, operation, milliseconds, isError);
    },
    /** What the store has of the user, whenever it was. */
    stored: (userId = 'ada') => store.sumUsage({ userId, from: 0, to: Number.MAX_SAFE_INTEGER, limit: 10_000 }),
  };
}
