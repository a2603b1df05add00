import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import type { Store } from '../../store/store.js';
import { prune, pruneInterval, type Retention } from './prune.js';

const minute = 60_000;

export interface House {
  readonly store: Store;
  readonly rotateKeyIfDue: () => Promise<void>;
  readonly retention: Retention;
  /** Whether the clock cannot be trusted to tell what is old. */
  readonly isClockSuspect: () => boolean;
  readonly log: Log;
}

/** Records the time, rotates keys and prunes beside the requests, until it is stopped. What fails is logged and tried again. */
export function startHousekeeping(
  { store, rotateKeyIfDue, retention, isClockSuspect, log }: House,
  clock: Clock,
): { stop(): Promise<void> } {
  const ending = new AbortController();
  const running = new Set<Promise<void>>();

  async function pruneOnce(): Promise<void> {
    if (isClockSuspect()) {
      log.warn({}, 'nothing is pruned for a day, because the clock has jumped ahead');
      return;
    }
    const pruned = await prune({ store, retention }, clock, ending.signal);
    if (pruned) log.info({ ...pruned }, 'pruned');
  }

  const every = (interval: number, name: string, work: () => Promise<void>) =>
    setInterval(() => {
      const run = work().catch((err: unknown) => {
        if (!ending.signal.aborted) log.warn({ err }, `${name} failed; it is tried again`);
      });
      running.add(run);
      run.finally(() => running.delete(run));
    }, interval).unref();

  // Nodes that start together do not all come at the same moment.
  const jitter = Math.random() * minute;
  const timers = [
    // After a restart the clock starts no earlier, so that no dead token lives again.
    every(minute, 'recording the time', () => store.recordTime(clock())),
    every(minute, 'rotating the signing key', rotateKeyIfDue),
    // Often enough to take over where the process that had the lease is gone; the lease spaces the passes.
    every(pruneInterval / 12 + jitter, 'pruning', pruneOnce),
  ];
  return {
    async stop() {
      for (const timer of timers) clearInterval(timer);
      ending.abort();
      await Promise.all(running);
    },
  };
}
