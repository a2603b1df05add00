import { randomUUID } from 'node:crypto';
import type { Clock } from '../../lib/clock.js';
import type { Store, UsageBatch } from '../../store/store.js';
import type { Pending } from './pending.js';

/** Rows of one transaction: on SQLite about two milliseconds in which nobody else is served. */
const batchSize = 250;

export interface Writer {
  /** Writes what has been counted so far. Rejects with StoreUnavailableError; nothing is lost then. */
  flush(): Promise<void>;
  /** Requests in a batch of which it is not known that it was written. */
  requestsUnderWay(): number;
  /** Another number whenever a batch begins or is written. */
  readonly state: number;
  /** A batch waits to be sent again. */
  readonly hasFailed: boolean;
  /** What is under way; never rejects. */
  readonly running: Promise<void> | undefined;
}

/**
 * A batch that failed is sent again as it was, under its number, until the store has answered: the store counts it
 * once, whether or not it did so before. What is counted meanwhile goes into the next.
 */
export function createWriter(store: Pick<Store, 'addUsage'>, pending: Pending, clock: Clock): Writer {
  const writer = randomUUID();
  let number = 0;
  let state = 0;
  let batch: UsageBatch | undefined;
  let running: Promise<void> | undefined;

  async function write(): Promise<void> {
    // What comes while it writes is left for the next time.
    let left = pending.size;
    while (batch || left > 0) {
      if (!batch) {
        left -= batchSize;
        state++;
        batch = { writer, number: ++number, at: clock(), rows: pending.take(batchSize) };
      }
      await store.addUsage(batch);
      batch = undefined;
      state++;
    }
  }

  return {
    flush() {
      if (running) return running;
      const run = write().finally(() => {
        running = undefined;
      });
      running = run;
      return run;
    },
    requestsUnderWay: () => batch?.rows.reduce((sum, { requests }) => sum + requests, 0) ?? 0,
    get hasFailed() {
      return batch !== undefined && !running;
    },
    get state() {
      return state;
    },
    get running() {
      return running?.catch(() => undefined);
    },
  };
}
