import { StoreUnavailableError } from '../store.js';
import type { Connection } from './connection.js';
import { isSilence, isStale, isWrongServer, unavailable } from './failures.js';

export interface Connections {
  /**
   * Runs the job on the connection that has the least to do. Waits for one for at most the timeout. Rejects with
   * StoreUnavailableError; a job that began is never begun again, for what it wrote may be there.
   */
  run<T>(job: (connection: Connection) => Promise<T>): Promise<T>;
  /** How many connections broke so far. */
  losses(): number;
  /** Another value whenever a connection broke, or all are closed. */
  state(): unknown;
  /** Lets what was asked for finish, then ends the connections. */
  close(): Promise<void>;
}

export interface ConnectionsSettings {
  readonly open: (onLoss: (error: Error) => void) => Promise<Connection>;
  readonly size: number;
  /** How many jobs share a connection at once. */
  readonly share: number;
  /** Milliseconds. */
  readonly timeout: number;
}

/** How many jobs wait for a connection before more are refused at once: an outage must not fill the memory. */
const maxWaiting = 10_000;

/** Milliseconds before the next attempt to connect: doubled each time, up to the limit, plus a part by chance. */
const backoff = { first: 50, limit: 1_000 };

interface Slot {
  readonly connection: Connection;
  jobs: number;
  isLeaving: boolean;
}

interface Job {
  readonly start: (slot: Slot) => void;
  readonly refuse: (error: unknown) => void;
  readonly timer: NodeJS.Timeout;
}

/** A few connections, opened when they are needed and again after they broke. */
export function createConnections({ open, size, share, timeout }: ConnectionsSettings): Connections {
  const slots = new Set<Slot>();
  const waiting = new Set<Job>();
  const ending = new Set<Promise<void>>();
  let opening = 0;
  let running = 0;
  let failures = 0;
  let losses = 0;
  let lastError: unknown;
  let awaySince: number | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isClosed = false;
  let whenIdle: (() => void) | undefined;

  function grow(): void {
    if (retry || slots.size + opening >= size) return;
    opening++;
    let slot: Slot | undefined;
    let early: Error | undefined;
    open((error) => {
      if (slot) lose(slot, error);
      else early = error;
    }).then(
      (connection) => {
        opening--;
        if (early) return failed(early);
        failures = 0;
        awaySince = undefined;
        slot = { connection, jobs: 0, isLeaving: false };
        slots.add(slot);
        fill(slot);
        rest();
      },
      (error) => {
        opening--;
        failed(error);
      },
    );
  }

  function failed(error: unknown): void {
    lastError = error;
    failures++;
    if (slots.size === 0) awaySince ??= Date.now();
    rest();
    if (retry || isClosed) return;
    const pause = Math.min(backoff.first * 2 ** (failures - 1), backoff.limit) * (1 + Math.random() / 4);
    retry = setTimeout(() => {
      retry = undefined;
      if (slots.size === 0 || waiting.size > 0) grow();
    }, pause).unref();
  }

  function lose(slot: Slot, error: unknown): void {
    losses++;
    lastError = error;
    if (!slots.delete(slot)) return;
    // The others most likely lead nowhere too, and each would keep the next who asks waiting for as long.
    if (isSilence(error)) for (const other of slots) if (other.jobs === 0) retire(other);
    if (slots.size > 0 || isClosed) return;
    awaySince = Date.now();
    grow();
  }

  function retire(slot: Slot): void {
    if (!slots.delete(slot)) return;
    losses++;
    slot.isLeaving = true;
    if (slot.jobs === 0) end(slot);
  }

  function end({ connection }: Slot): void {
    const ended: Promise<void> = connection.end().finally(() => ending.delete(ended));
    ending.add(ended);
  }

  function leastBusy(): Slot | undefined {
    let best: Slot | undefined;
    for (const slot of slots) if (!best || slot.jobs < best.jobs) best = slot;
    return best && best.jobs < share ? best : undefined;
  }

  function finish(slot: Slot, error?: unknown): void {
    slot.jobs--;
    running--;
    // Before it is retired below, which ends it by itself where it is idle.
    if (slot.isLeaving && slot.jobs === 0) end(slot);
    if (error !== undefined && isWrongServer(error)) for (const other of slots) retire(other);
    if (error !== undefined && isStale(error)) retire(slot);
    fill(slot);
    rest();
  }

  /** Gives the connection what has waited for one. */
  function fill(slot: Slot): void {
    if (waiting.size > 0 && slots.size === 0) grow();
    for (const job of waiting) {
      if (!slots.has(slot) || slot.jobs >= share) return;
      waiting.delete(job);
      clearTimeout(job.timer);
      job.start(slot);
    }
  }

  function rest(): void {
    if (waiting.size + opening + running === 0) whenIdle?.();
  }

  function run<T>(job: (connection: Connection) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const start = (slot: Slot) => {
        slot.jobs++;
        running++;
        job(slot.connection).then(
          (value) => {
            resolve(value);
            finish(slot);
          },
          (error) => {
            reject(unavailable(error));
            finish(slot, error);
          },
        );
      };
      const slot = leastBusy();
      if (!slot || slot.jobs > 0) grow();
      if (slot) start(slot);
      else wait(start, reject);
    });
  }

  function wait(start: Job['start'], refuse: Job['refuse']): void {
    const isAway = awaySince !== undefined && Date.now() - awaySince > timeout;
    if (isAway || waiting.size >= maxWaiting) {
      refuse(noConnection(isAway ? 'there is no connection to the database' : 'too much waits for the database'));
      return;
    }
    const timer = setTimeout(() => {
      waiting.delete(job);
      refuse(noConnection(`no connection to the database was free within ${timeout} ms`));
      rest();
    }, timeout);
    const job = { start, refuse, timer };
    waiting.add(job);
  }

  function noConnection(what: string): StoreUnavailableError {
    if (lastError === undefined) return new StoreUnavailableError(what);
    return new StoreUnavailableError(`${what}: ${unavailable(lastError).message}`, { cause: lastError });
  }

  return {
    run: (job) => (isClosed ? Promise.reject(new StoreUnavailableError('the store is closed')) : run(job)),
    losses: () => losses,
    state: () => (isClosed ? 'closed' : losses),
    async close() {
      if (isClosed) throw new StoreUnavailableError('the store is closed');
      isClosed = true;
      clearTimeout(retry);
      retry = undefined;
      if (waiting.size > 0) grow();
      await new Promise<void>((resolve) => {
        whenIdle = resolve;
        rest();
      });
      for (const slot of slots) end(slot);
      slots.clear();
      await Promise.all(ending);
    },
  };
}
