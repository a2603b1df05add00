import type { UsageCounters } from '../../store/store.js';

/** Counters that are counted up in place. */
export type MutableCounters = { -readonly [Key in keyof UsageCounters]: number };

export function noUsage(): MutableCounters {
  return { requests: 0, errors: 0, fields: 0, milliseconds: 0 };
}

/** Adds `more` to `sum`, in place. */
export function addCounters(sum: MutableCounters, more: UsageCounters): void {
  sum.requests += more.requests;
  sum.errors += more.errors;
  sum.fields += more.fields;
  sum.milliseconds += more.milliseconds;
}
