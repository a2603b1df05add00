import { type BoundedMap, createBoundedMap } from '../../lib/bounded-map.js';
import type { OperationUsage, UsageCounters, UsagePeriod } from '../../store/store.js';
import type { Domain } from '../domain.js';
import { addCounters, noUsage } from './counters.js';
import { type PeriodName, periodOf } from './periods.js';
import type { Usage } from './usage.js';

export interface UsageSum {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly to: number;
  readonly total: UsageCounters;
  /** The most requests first. */
  readonly operations: readonly OperationUsage[];
}

/** Operations of a period that are told apart. */
const maxOperations = 1_000;

/** A month of somebody with many operations is 72,000 rows, which SQLite sums up in 35 ms: not at each request. */
interface Remembered {
  readonly key: string;
  readonly sums: Promise<Sum>;
  readonly readAt: number;
}

/** Milliseconds: as late as the other nodes write. */
const freshness = 5_000;

/** Users and periods that are remembered. */
const maxRemembered = 1_000;

const remembered = new WeakMap<Usage, BoundedMap<Remembered>>();

/** How often it is tried to read the store with nothing written meanwhile. */
const tries = 3;

/**
 * What a user has used in the period, to this moment: what the store has, and what this node has not written yet. What
 * other nodes counted in the last seconds comes later. Rejects with StoreUnavailableError.
 */
export async function readUsage(domain: Domain, userId: string, last: PeriodName): Promise<UsageSum> {
  const { usage, clock } = domain;
  const now = clock();
  const period = periodOf(last, now);
  for (let tried = 1; ; tried++) {
    await (usage.writer.hasFailed ? usage.synchronize() : usage.writer.running);
    const { state } = usage.writer;
    const stored = await readStore(domain, userId, period, now);
    // A batch that was on its way meanwhile may be in what was read, in memory, or in neither.
    if (usage.writer.state === state || tried === tries) {
      return { from: period.from, to: now, ...withPending(domain, userId, period, stored) };
    }
  }
}

type Sum = Pick<UsageSum, 'total' | 'operations'>;

/** The sums of the store, from memory where this node has written nothing since they were read. */
function readStore({ store, usage }: Domain, userId: string, period: UsagePeriod, now: number): Promise<Sum> {
  const answers = remembered.get(usage) ?? createBoundedMap<Remembered>(maxRemembered);
  remembered.set(usage, answers);
  const place = `${userId} ${period.to - period.from}`;
  const key = `${period.from} ${usage.writer.state}`;
  const hit = answers.get(place);
  if (hit?.key === key && now - hit.readAt < freshness) return hit.sums;
  const sums = store.sumUsage({ ...period, userId, limit: maxOperations });
  answers.set(place, { key, sums, readAt: now });
  // The next one asks again.
  sums.catch(() => answers.set(place, { key: '', sums, readAt: now }));
  return sums;
}

function withPending({ usage }: Domain, userId: string, { from }: UsagePeriod, stored: Sum): Sum {
  const rows = usage.pending.of(userId, from);
  if (rows.length === 0) return stored;
  const total = { ...stored.total };
  const byName = new Map(stored.operations.map((one) => [one.operation, { ...one }]));
  for (const row of rows) {
    addCounters(total, row);
    const { operation } = row;
    const sum = byName.get(operation) ?? { operation, ...noUsage() };
    addCounters(sum, row);
    byName.set(operation, sum);
  }
  const operations = [...byName.values()].sort(
    (a, b) => b.requests - a.requests || (a.operation < b.operation ? -1 : 1),
  );
  for (const sum of [total, ...operations]) sum.milliseconds = Math.round(sum.milliseconds);
  return { total, operations };
}
