import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import type { Store, UsageCounters } from '../../store/store.js';
import { type Caller, createCaller } from './caller.js';
import type { Operation } from './operation.js';
import { createPending, type Pending, type PendingLimits } from './pending.js';
import { createQuotas } from './quota.js';
import { createSeries, type Series } from './series.js';
import { hourOf } from './time.js';
import { createWriter, type Writer } from './writer.js';

/** Milliseconds between two looks at the store: what a crash loses at most, and how late the nodes hear of each other. */
const flushInterval = 5_000;

/** Rows that are written at once. */
const manyRows = 5_000;

/** Callers and operations that the metrics tell apart, and how many operations one caller may bring in. */
const metricLabels = 200;
const metricLabelsOfCaller = 100;

/** Callers that a node remembers, and milliseconds after which one who does not come back is forgotten. */
const maxCallers = 200_000;
const idleTime = 600_000;
const sweepInterval = 60_000;

/** Counts who asks for how much. */
export interface Usage {
  /** What is kept of the user; hold it no longer than a request takes. */
  callerOf(userId: string): Caller;
  /** What to wait for before the first request of a caller who may have a quota; most often nothing. Never rejects. */
  learn(caller: Caller): Promise<void> | undefined;
  /** Counts a request and its fields. Throws QUOTA_EXCEEDED, and counts nothing then. */
  begin(caller: Caller, operation: Operation): void;
  /** Counts what a request that was begun has come to. */
  record(caller: Caller, operation: Operation, milliseconds: number, isError: boolean): void;
  /** Counts an event of a subscription that was begun: its fields, and no request. */
  recordEvent(caller: Caller, operation: Operation): void;
  readonly callers: Series;
  readonly operations: Series;
  /** What found no room in memory while the store was away. */
  readonly lost: UsageCounters;
  /** What the store does not have yet. */
  readonly pending: Pending;
  readonly writer: Writer;
  /** Writes what was counted, and hears of what others did. Never rejects. */
  synchronize(): Promise<void>;
  start(): void;
  /** Writes what is left. */
  stop(): Promise<void>;
}

export interface UsageParts {
  readonly store: Pick<Store, 'addUsage' | 'readQuotas' | 'hasQuotas'>;
  readonly log: Log;
  /** Requests a day, for users who have no quota of their own. */
  readonly quotaPerDay: number | undefined;
  readonly limits?: PendingLimits;
}

export function createUsage({ store, log, quotaPerDay, limits }: UsageParts, clock: Clock): Usage {
  const known = new Map<string, Caller>();
  const callers = createSeries(metricLabels);
  const operations = createSeries(metricLabels);
  const pending = createPending(limits);
  const writer = createWriter(store, pending, clock);
  const quotas = createQuotas(store, quotaPerDay, clock);
  let listed: Caller[] = [];
  let sweptAt = Number.NEGATIVE_INFINITY;
  let isAway = false;
  let synchronizing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStarted = false;

  function addCaller(userId: string): Caller {
    if (known.size >= maxCallers) {
      const [oldest] = known.values();
      if (oldest) drop(oldest);
    }
    const caller = createCaller(userId, callers.of(userId, true), quotaPerDay);
    known.set(userId, caller);
    return caller;
  }

  function drop(caller: Caller): void {
    pending.forget(caller);
    known.delete(caller.userId);
    caller.isForgotten = true;
  }

  /** Of a caller who was forgotten while a long answer was under way. */
  const living = (caller: Caller) => (caller.isForgotten ? callerOf(caller.userId) : caller);

  const callerOf = (userId: string) => known.get(userId) ?? addCaller(userId);

  function seriesOf(caller: Caller, operation: Operation) {
    if (operation.series) return operation.series;
    const mayAdd = caller.operationLabels < metricLabelsOfCaller;
    const isNew = !operations.has(operation.name);
    const series = operations.of(operation.name, mayAdd);
    if (series === operations.rest) return series;
    if (isNew) caller.operationLabels++;
    operation.series = series;
    return series;
  }

  function list(caller: Caller): void {
    if (caller.isListed) return;
    caller.isListed = true;
    listed.push(caller);
  }

  async function look(): Promise<void> {
    const active = listed;
    listed = [];
    for (const caller of active) caller.isListed = false;
    try {
      await writer.flush();
      await quotas.refresh(active);
      if (isAway) log.info({}, 'usage is recorded again');
      isAway = false;
    } catch (err) {
      quotas.giveUp();
      for (const caller of active) list(caller);
      if (!isAway) log.warn({ err }, 'usage cannot be recorded; it is kept in memory and tried again');
      isAway = true;
    }
    sweep();
  }

  function sweep(): void {
    const now = clock();
    if (now - sweptAt < sweepInterval) return;
    sweptAt = now;
    for (const caller of known.values()) {
      if (now - caller.usedAt > idleTime) drop(caller);
      else if (caller.hour !== hourOf(now)) pending.forget(caller);
    }
  }

  function synchronize(): Promise<void> {
    synchronizing ??= look().finally(() => {
      synchronizing = undefined;
    });
    return synchronizing;
  }

  function run(): void {
    clearTimeout(timer);
    synchronize().then(() => {
      if (isStarted) timer = setTimeout(run, flushInterval).unref();
    });
  }

  return {
    callers,
    operations,
    lost: pending.lost,
    pending,
    writer,
    synchronize,
    callerOf,
    learn: quotas.learn,
    begin(caller, operation) {
      const now = clock();
      quotas.charge(caller, now);
      caller.usedAt = now;
      list(caller);
      const row = pending.rowOf(caller, operation.name, hourOf(now));
      row.requests++;
      row.fields += operation.fields;
      caller.series.requests++;
      caller.series.fields += operation.fields;
      const series = seriesOf(caller, operation);
      series.requests++;
      series.fields += operation.fields;
      if (pending.size >= manyRows && isStarted && !isAway && !synchronizing) run();
    },
    record(held, operation, milliseconds, isError) {
      const caller = living(held);
      const errors = isError ? 1 : 0;
      const row = pending.rowOf(caller, operation.name, hourOf(clock()));
      const series = seriesOf(caller, operation);
      row.errors += errors;
      row.milliseconds += milliseconds;
      caller.series.errors += errors;
      caller.series.milliseconds += milliseconds;
      series.errors += errors;
      series.milliseconds += milliseconds;
    },
    recordEvent(held, operation) {
      const caller = living(held);
      const row = pending.rowOf(caller, operation.name, hourOf(clock()));
      row.fields += operation.fields;
      caller.series.fields += operation.fields;
      seriesOf(caller, operation).fields += operation.fields;
    },
    start() {
      isStarted = true;
      run();
    },
    async stop() {
      isStarted = false;
      clearTimeout(timer);
      await synchronizing;
      await synchronize();
      const unwritten = writer.requestsUnderWay() + pending.requests();
      if (unwritten > 0) log.error({ requests: unwritten }, 'the usage of these requests was not recorded');
    },
  };
}
