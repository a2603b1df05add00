import type { UsagePeriod } from '../../store/store.js';
import { day, hour, hourOf } from './time.js';

/** How far back each period reaches, in milliseconds. */
export const periods = { HOUR: hour, DAY: day, WEEK: 7 * day, MONTH: 30 * day } as const;

export type PeriodName = keyof typeof periods;

/** The hour that is running and the whole hours before it that make up the period. */
export function periodOf(name: PeriodName, now: number): UsagePeriod {
  const running = hourOf(now);
  return { from: running - periods[name], to: running + hour };
}
