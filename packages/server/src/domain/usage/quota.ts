import type { Clock } from '../../lib/clock.js';
import type { QuotaRecord, Store } from '../../store/store.js';
import { LatchkeyError } from '../errors.js';
import type { Consumer, ConsumerQuota } from './consumer.js';
import { day, dayOf } from './time.js';

/**
 * Milliseconds for which what the store said of a caller is good: a little more than between two looks at those who
 * call all the time, so that nobody waits for the store but who comes for the first time or after a pause.
 */
const freshness = 6_000;

/** Milliseconds that a request waits for the store to say it; then it is served on what is known. */
const patience = 1_000;

/** Callers whose quotas are read with one question. */
const pageSize = 500;

export interface Quotas {
  /** Asks the store where it has to be asked before the caller is served; never rejects. */
  learn(consumer: Consumer): Promise<void> | undefined;
  /** Counts a request. Throws QUOTA_EXCEEDED. */
  charge(consumer: Consumer, now: number): void;
  /** Reads what the other nodes counted, and what the operator has set. Rejects with StoreUnavailableError. */
  refresh(consumers: readonly Consumer[]): Promise<void>;
  /** The store is away: nobody waits for it. */
  giveUp(): void;
}

/** `quotaPerDay` is that of users who have none of their own. */
export function createQuotas(
  store: Pick<Store, 'readQuotas' | 'hasQuotas'>,
  quotaPerDay: number | undefined,
  clock: Clock,
): Quotas {
  // Until the store has said that there is none, there may be one.
  let isThereAny = true;
  let isAway = false;

  function apply({ quota }: Consumer, { quotaPerDay: own, requests }: QuotaRecord, from: number, now: number): void {
    quota.limit = own === null ? quotaPerDay : own < 0 ? undefined : own;
    quota.knownAt = now;
    roll(quota, now);
    // A batch on its way may or may not be in what was read; what this node has counted by itself is never too much.
    if (quota.day === from) quota.used = Math.max(quota.used, requests + quota.waiting);
  }

  async function read(consumers: readonly Consumer[]): Promise<void> {
    const from = dayOf(clock());
    const records = await store.readQuotas({ userIds: consumers.map(({ userId }) => userId), from });
    const byId = new Map(records.map((record) => [record.userId, record]));
    const now = clock();
    for (const consumer of consumers) {
      const record = byId.get(consumer.userId) ?? { userId: consumer.userId, quotaPerDay: null, requests: 0 };
      apply(consumer, record, from, now);
    }
  }

  function ask(consumer: Consumer): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patience).unref();
    });
    const told = read([consumer]).catch(() => {
      isAway = true;
    });
    return Promise.race([told, late]).finally(() => {
      clearTimeout(timer);
      consumer.quota.asking = undefined;
    });
  }

  return {
    learn(consumer) {
      const { quota } = consumer;
      if (!isThereAny) quota.limit = undefined;
      if (!isThereAny || isAway || clock() - quota.knownAt <= freshness) return undefined;
      quota.asking ??= ask(consumer);
      return quota.asking;
    },
    charge({ quota }, now) {
      roll(quota, now);
      if (quota.limit !== undefined && quota.used >= quota.limit) throw exceeded(quota.limit, now);
      quota.used++;
      quota.waiting++;
    },
    async refresh(consumers) {
      isThereAny = quotaPerDay !== undefined || (await store.hasQuotas());
      for (let i = 0; isThereAny && i < consumers.length; i += pageSize) await read(consumers.slice(i, i + pageSize));
      isAway = false;
    },
    giveUp() {
      isAway = true;
    },
  };
}

function roll(quota: ConsumerQuota, now: number): void {
  const today = dayOf(now);
  if (quota.day === today) return;
  quota.day = today;
  quota.used = 0;
  quota.waiting = 0;
}

/** When the quota of the day that `now` is in begins anew, in milliseconds since 1970. */
export function resetsAt(now: number): number {
  return dayOf(now) + day;
}

function exceeded(limit: number, now: number): LatchkeyError {
  return new LatchkeyError('QUOTA_EXCEEDED', {
    message: `The ${limit} ${limit === 1 ? 'request' : 'requests'} of today are used up.`,
    retryAfter: Math.ceil((resetsAt(now) - now) / 1000),
  });
}
