import type { Domain } from '../domain.js';
import { resetsAt } from './quota.js';
import { dayOf } from './time.js';

export interface QuotaState {
  /** Requests a day. */
  readonly limit: number;
  /** Requests of today, as far as this node knows; never more than the limit. */
  readonly used: number;
  /** Milliseconds since 1970. */
  readonly resetsAt: number;
}

/** The quota of a user; null where there is none. */
export async function readQuota({ usage, clock }: Domain, userId: string): Promise<QuotaState | null> {
  const consumer = usage.consumerOf(userId);
  await usage.learn(consumer);
  const { limit, used, day } = consumer.quota;
  if (limit === undefined) return null;
  const now = clock();
  return { limit, used: day === dayOf(now) ? Math.min(used, limit) : 0, resetsAt: resetsAt(now) };
}
