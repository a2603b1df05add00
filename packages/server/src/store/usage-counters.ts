import type { UsageCounters } from './store.js';

/** Whether anything was counted. */
export function hasUsage({ requests, errors, fields, milliseconds }: UsageCounters): boolean {
  return requests > 0 || errors > 0 || fields > 0 || milliseconds > 0;
}
