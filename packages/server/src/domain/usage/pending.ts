import type { UsageCounters, UsageRow } from '../../store/store.js';
import type { Consumer, PendingRow } from './consumer.js';
import { other } from './counted-operation.js';
import { addCounters, type MutableCounters, noUsage } from './counters.js';
import { dayOf } from './time.js';

/** Operations of a caller that are told apart within an hour. */
export const maxOperations = 100;

export interface PendingLimits {
  /** Rows beyond which only those of all other operations of a caller are begun. */
  readonly rows: number;
  /** Rows beyond which none is begun: what comes then is lost. */
  readonly rowsAtMost: number;
  /** Names that are remembered for the sake of `maxOperations`, of all callers together. */
  readonly names: number;
}

/** About 20 MB each. */
const pendingLimits: PendingLimits = { rows: 100_000, rowsAtMost: 150_000, names: 100_000 };

/** What was counted and is in no batch yet. */
export interface Pending {
  readonly size: number;
  /** What found no room. */
  readonly lost: UsageCounters;
  /** What to count in, at once: a moment later it may be in a batch. */
  rowOf(consumer: Consumer, operation: string, hour: number): MutableCounters;
  /** Takes the oldest rows, at most `limit`; no two have the same key. */
  take(limit: number): readonly UsageRow[];
  requests(): number;
  /** The rows of a user, from the hour `from` on. */
  of(userId: string, from: number): readonly PendingRow[];
  /** Forgets the names of a consumer, who is then told apart again from nothing. */
  forget(consumer: Consumer): void;
}

export function createPending(limits: PendingLimits = pendingLimits): Pending {
  let rows: PendingRow[] = [];
  let names = 0;
  const lost = noUsage();

  function forget(consumer: Consumer): void {
    names -= consumer.rows.size;
    consumer.rows.clear();
    consumer.last = undefined;
  }

  /** Whether a row of the operation may be begun. */
  function hasRoom({ rows: { size } }: Consumer, known: PendingRow | undefined, operation: string): boolean {
    if (operation === other) return rows.length < limits.rowsAtMost;
    return rows.length < limits.rows && (known !== undefined || (size < maxOperations && names < limits.names));
  }

  function begin(consumer: Consumer, operation: string, hour: number): PendingRow | undefined {
    const known = consumer.rows.get(operation);
    if (known && !known.isTaken) return known;
    if (!hasRoom(consumer, known, operation)) {
      return operation === other ? undefined : begin(consumer, other, hour);
    }
    const row: PendingRow = { consumer, operation, hour, isTaken: false, ...noUsage() };
    if (!known) names++;
    consumer.rows.set(operation, row);
    rows.push(row);
    return row;
  }

  return {
    get size() {
      return rows.length;
    },
    lost,
    forget,
    requests: () => rows.reduce((sum, row) => sum + row.requests, 0),
    rowOf(consumer, operation, hour) {
      const { last } = consumer;
      if (last && last.operation === operation && last.hour === hour && !last.isTaken) return last;
      if (consumer.hour !== hour) {
        forget(consumer);
        consumer.hour = hour;
      }
      consumer.last = begin(consumer, operation, hour);
      return consumer.last ?? lost;
    },
    take(limit) {
      const taken = rows.slice(0, limit);
      rows = rows.slice(limit);
      return taken.length === 0 ? [] : merge(taken);
    },
    of: (userId, from) => rows.filter(({ consumer, hour }) => consumer.userId === userId && hour >= from),
  };
}

type MutableRow = Omit<UsageRow, keyof MutableCounters> & MutableCounters;

/** A caller who was forgotten and came back can have two rows of one key. */
function merge(taken: readonly PendingRow[]): readonly UsageRow[] {
  const merged = new Map<string, MutableRow>();
  for (const row of taken) {
    row.isTaken = true;
    const { consumer, hour, operation } = row;
    const { userId, quota } = consumer;
    if (quota.day === dayOf(hour)) quota.waiting -= row.requests;
    const key = `${userId} ${hour} ${operation}`;
    const sum = merged.get(key) ?? { userId, hour, operation, ...noUsage() };
    addCounters(sum, row);
    merged.set(key, sum);
  }
  for (const row of merged.values()) row.milliseconds = Math.round(row.milliseconds);
  return [...merged.values()];
}
