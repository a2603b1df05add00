import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import type { Store, UsageCounters } from '../../store/store.js';
import { type Consumer, createConsumer } from './consumer.js';
import { createConsumers } from './consumers.js';
import type { CountedOperation } from './counted-operation.js';
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
const metricLabelsOfConsumer = 100;

/** Counts who asks for how much. */
export interface Usage {
  /** What is kept of the user; hold it no longer than a request takes. */
  consumerOf(userId: string): Consumer;
  /** What to wait for before the first request of a caller who may have a quota; most often nothing. Never rejects. */
  learn(consumer: Consumer): Promise<void> | undefined;
  /** Counts a request and its fields. Throws QUOTA_EXCEEDED, and counts nothing then. */
  begin(consumer: Consumer, operation: CountedOperation): void;
  /** Counts what a request that was begun has come to. */
  record(consumer: Consumer, operation: CountedOperation, milliseconds: number, isError: boolean): void;
  /** Counts an event of a subscription that was begun: its fields, and no request. */
  recordEvent(consumer: Consumer, operation: CountedOperation): void;
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
  const callers = createSeries(metricLabels);
  const operations = createSeries(metricLabels);
  const pending = createPending(limits);
  const writer = createWriter(store, pending, clock);
  const quotas = createQuotas(store, quotaPerDay, clock);
  const consumers = createConsumers((id) => createConsumer(id, callers.of(id, true), quotaPerDay), pending);
  let listed: Consumer[] = [];
  let isAway = false;
  let synchronizing: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isStarted = false;

  function seriesOf(consumer: Consumer, operation: CountedOperation) {
    if (operation.series) return operation.series;
    const mayAdd = consumer.operationLabels < metricLabelsOfConsumer;
    const isNew = !operations.has(operation.name);
    const series = operations.of(operation.name, mayAdd);
    if (series === operations.rest) return series;
    if (isNew) consumer.operationLabels++;
    operation.series = series;
    return series;
  }

  function list(consumer: Consumer): void {
    if (consumer.isListed) return;
    consumer.isListed = true;
    listed.push(consumer);
  }

  async function look(): Promise<void> {
    const active = listed;
    listed = [];
    for (const consumer of active) consumer.isListed = false;
    try {
      await writer.flush();
      await quotas.refresh(active);
      if (isAway) log.info({}, 'usage is recorded again');
      isAway = false;
    } catch (err) {
      quotas.giveUp();
      for (const consumer of active) list(consumer);
      if (!isAway) log.warn({ err }, 'usage cannot be recorded; it is kept in memory and tried again');
      isAway = true;
    }
    consumers.sweep(clock());
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
    consumerOf: consumers.of,
    learn(consumer) {
      const learning = quotas.learn(consumer);
      // Whom the store is asked about is not to be forgotten meanwhile.
      if (learning) consumer.usedAt = clock();
      return learning;
    },
    begin(held, operation) {
      const consumer = consumers.living(held);
      const now = clock();
      quotas.charge(consumer, now);
      consumer.usedAt = now;
      list(consumer);
      const row = pending.rowOf(consumer, operation.name, hourOf(now));
      row.requests++;
      row.fields += operation.fields;
      consumer.series.requests++;
      consumer.series.fields += operation.fields;
      const series = seriesOf(consumer, operation);
      series.requests++;
      series.fields += operation.fields;
      if (pending.size >= manyRows && isStarted && !isAway && !synchronizing) run();
    },
    record(held, operation, milliseconds, isError) {
      const consumer = consumers.living(held);
      const errors = isError ? 1 : 0;
      const row = pending.rowOf(consumer, operation.name, hourOf(clock()));
      const series = seriesOf(consumer, operation);
      row.errors += errors;
      row.milliseconds += milliseconds;
      consumer.series.errors += errors;
      consumer.series.milliseconds += milliseconds;
      series.errors += errors;
      series.milliseconds += milliseconds;
    },
    recordEvent(held, operation) {
      const consumer = consumers.living(held);
      const row = pending.rowOf(consumer, operation.name, hourOf(clock()));
      row.fields += operation.fields;
      consumer.series.fields += operation.fields;
      seriesOf(consumer, operation).fields += operation.fields;
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
