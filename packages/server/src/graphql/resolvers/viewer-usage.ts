import { LatchkeyError } from '../../domain/errors.js';
import type { PeriodName } from '../../domain/usage/periods.js';
import { readQuota } from '../../domain/usage/read-quota.js';
import { readUsage, type UsageSum } from '../../domain/usage/read-usage.js';
import type { Context } from '../context.js';

/** As the description of the argument says. */
const maxOperations = 100;

/** The resolver of viewer { usage }, for one request: each period is read once, under however many aliases. */
export function resolveUsage({ domain }: Context, userId: string) {
  const read = new Map<PeriodName, Promise<UsageSum>>();
  return async ({ last }: { readonly last: PeriodName }) => {
    const reading = read.get(last) ?? readUsage(domain, userId, last);
    read.set(last, reading);
    const { from, to, total, operations } = await reading;
    return {
      ...total,
      from: new Date(from).toISOString(),
      to: new Date(to).toISOString(),
      operations: ({ first }: { readonly first: number }) =>
        operations.slice(0, checked(first)).map(({ operation: name, ...counters }) => ({ name, ...counters })),
    };
  };
}

function checked(first: number): number {
  if (first >= 1 && first <= maxOperations) return first;
  throw new LatchkeyError('BAD_USER_INPUT', { message: `"first" is ${first}; it must be from 1 to ${maxOperations}.` });
}

export async function resolveQuota({ domain }: Context, userId: string) {
  const quota = await readQuota(domain, userId);
  return quota && { ...quota, resetsAt: new Date(quota.resetsAt).toISOString() };
}
