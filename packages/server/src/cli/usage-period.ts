import { type PeriodName, periodOf, periods } from '../domain/usage/periods.js';
import { hour, hourOf } from '../domain/usage/time.js';
import type { UsagePeriod } from '../store/store.js';
import type { Flags } from './command.js';
import { UsageError } from './usage-error.js';

/**
 * The period that the flags name: --last, or --from and --to.
 * @throws {UsageError} where they name none
 */
export function usagePeriod({ last, from, to }: Flags, now: number): UsagePeriod {
  if (from === undefined && to === undefined) return periodOf(periodName(last ?? 'day'), now);
  if (last !== undefined) throw new UsageError('--last excludes --from and --to; give the one or the others.');
  if (from === undefined) throw new UsageError('--to needs --from; give both, or --last.');
  const period = { from: dateOf('--from', from), to: to === undefined ? hourOf(now) + hour : dateOf('--to', to) };
  if (period.from >= period.to) throw new UsageError('--from is not before --to.');
  return period;
}

function periodName(last: string | true): PeriodName {
  const name = String(last).toUpperCase();
  if (Object.hasOwn(periods, name)) return name as PeriodName;
  throw new UsageError(`--last is ${JSON.stringify(last)}; it must be hour, day, week or month.`);
}

function dateOf(flag: string, text: string | true): number {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(String(text)) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(time) || !new Date(time).toISOString().startsWith(String(text))) {
    throw new UsageError(`${flag} is ${JSON.stringify(text)}; it must be a day such as 2026-01-31.`);
  }
  return time;
}
