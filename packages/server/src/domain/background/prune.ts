import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../../lib/clock.js';
import type { LogPage, PrunedLog, Store } from '../../store/store.js';

/** Milliseconds for which what has ended is kept. */
export interface Retention {
  readonly endedSessionRetention: number;
  readonly auditRetention: number;
  readonly usageRetention: number;
}

/** How many rows were removed. */
export interface Pruned {
  readonly sessions: number;
  readonly audit: number;
  readonly changes: number;
  readonly signingKeys: number;
  readonly usage: number;
}

/** Milliseconds between two passes, on however many nodes: one of them takes the lease and does it. */
export const pruneInterval = 3_600_000;

/** Twice as long as an access token may live by the settings: nobody needs to hear of older changes. */
const changeRetention = 48 * 3_600_000;

/** Rows that one transaction looks at. */
const batch = 200;

/** Milliseconds between two transactions, so that pruning has a small part of the store's time only. */
const pause = 20;

export interface Pruning {
  readonly store: Store;
  readonly retention: Retention;
}

/**
 * Removes what nobody needs any more, in small batches, or does nothing where it was done within the interval, by
 * this process or another (undefined then). Ends early when `signal` aborts.
 */
export async function prune(
  { store, retention }: Pruning,
  clock: Clock,
  signal: AbortSignal,
): Promise<Pruned | undefined> {
  const start = clock();
  // Of this pass and not of this process, which would get the lease again and again.
  const holder = randomUUID();
  let heldUntil = start + pruneInterval;
  const hold = (now: number) => store.takeLease({ name: 'prune', holder, now, until: heldUntil });
  if (!(await hold(start))) return undefined;

  /** Whether to go on with the next batch. */
  const mayGoOn = async (): Promise<boolean> => {
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return false;
    const now = clock();
    if (heldUntil - now > pruneInterval / 2) return true;
    heldUntil = now + pruneInterval;
    return hold(now);
  };
  const log = (pruneLog: PruneLog, before: number) => prunePages(pruneLog, { before, now: start }, mayGoOn);
  return {
    sessions: await pruneSessions(store, start - retention.endedSessionRetention, mayGoOn),
    audit: await log((page) => store.pruneAudit(page), start - retention.auditRetention),
    changes: await log((page) => store.pruneChanges(page), start - changeRetention),
    signingKeys: await pruneOldest((page) => store.pruneSigningKeys(page), start - changeRetention, mayGoOn),
    usage: await pruneOldest((page) => store.pruneUsage(page), start - retention.usageRetention, mayGoOn),
  };
}

/**
 * Walks through all sessions: an index on their ends would have to be written at every refresh, which moves the idle
 * expiry.
 */
async function pruneSessions(store: Store, endedBefore: number, mayGoOn: () => Promise<boolean>): Promise<number> {
  let total = 0;
  let after: string | undefined = '';
  while (after !== undefined && (await mayGoOn())) {
    const page: { pruned: number; next: string | undefined } = await store.pruneSessions({
      after,
      limit: batch,
      endedBefore,
    });
    total += page.pruned;
    after = page.next;
  }
  return total;
}

type PruneLog = (page: LogPage) => Promise<PrunedLog>;

/** Walks through the rows as they were written, to the first page that ends with one that stays. */
async function prunePages(
  pruneLog: PruneLog,
  { before, now }: { readonly before: number; readonly now: number },
  mayGoOn: () => Promise<boolean>,
): Promise<number> {
  let total = 0;
  let after: number | undefined = 0;
  while (after !== undefined && (await mayGoOn())) {
    const { pruned, next }: PrunedLog = await pruneLog({ after, before, limit: batch });
    total += pruned;
    // What follows a row that stays is younger. One of the future, of a clock that was wrong, says nothing of others.
    after = next && (next.at < before || next.at > now) ? next.after : undefined;
  }
  return total;
}

type PruneOldest = (page: { readonly before: number; readonly limit: number }) => Promise<number>;

/** Where an index leads to what is old: page after page, to the first that is not full. */
async function pruneOldest(pruneOldest: PruneOldest, before: number, mayGoOn: () => Promise<boolean>): Promise<number> {
  let total = 0;
  let pruned = batch;
  while (pruned === batch && (await mayGoOn())) {
    pruned = await pruneOldest({ before, limit: batch });
    total += pruned;
  }
  return total;
}
