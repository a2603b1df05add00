import type { UsageRow } from '../../store/store.js';
import type { MutableCounters } from './counters.js';

/** A row that is still being counted up. */
export interface PendingRow extends MutableCounters, Pick<UsageRow, 'hour' | 'operation'> {
  readonly consumer: Consumer;
  /** It is in a batch: what comes now goes into another. */
  isTaken: boolean;
}

/** What a node keeps of a user in whose name something is counted. */
export interface Consumer {
  readonly userId: string;
  readonly series: MutableCounters;
  /** How many operations it has brought into the metrics. */
  operationLabels: number;
  /** The hour of `rows`, in milliseconds since 1970. */
  hour: number;
  /** The latest row of each operation of the hour. */
  readonly rows: Map<string, PendingRow>;
  /** The row of the last request, which most often is that of the next. */
  last: PendingRow | undefined;
  usedAt: number;
  /** It is in the list of those whose quotas are to be read. */
  isListed: boolean;
  /** Another stands in its place, or none. */
  isForgotten: boolean;
  readonly quota: ConsumerQuota;
}

export interface ConsumerQuota {
  /** Requests a day; undefined where there is none. */
  limit: number | undefined;
  /** The beginning of the day that is counted. */
  day: number;
  /** Requests of the day, as far as this node knows. */
  used: number;
  /** Those of them that are in no batch yet. */
  waiting: number;
  /** When the store last told, in milliseconds since 1970. */
  knownAt: number;
  /** While the store is being asked. */
  asking: Promise<void> | undefined;
}

export function createConsumer(userId: string, series: MutableCounters, limit: number | undefined): Consumer {
  return {
    userId,
    series,
    operationLabels: 0,
    hour: 0,
    rows: new Map(),
    last: undefined,
    usedAt: 0,
    isListed: false,
    isForgotten: false,
    quota: { limit, day: 0, used: 0, waiting: 0, knownAt: Number.NEGATIVE_INFINITY, asking: undefined },
  };
}
