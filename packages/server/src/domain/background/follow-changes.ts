import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import type { Store } from '../../store/store.js';
import type { Revocations } from '../tokens/revocations.js';
import { wrongClock } from '../tokens/signing-keys-schedule.js';

/** Milliseconds between two looks at the store: what another node revokes is refused here within a second, come what may. */
const pollInterval = 500;

export interface ChangeFollower {
  /** Looks at the store now. Rejects with StoreUnavailableError. */
  catchUp(): Promise<void>;
  /** Looks again and again until it is stopped. */
  start(): void;
  stop(): Promise<void>;
  /** Milliseconds since it last knew everything: above a second, what other nodes revoke is not heard of here. */
  age(): number;
}

export interface Followed {
  readonly store: Store;
  readonly revocations: Revocations;
  /** Called when the signing keys have changed. */
  readonly onKeysChanged: () => Promise<void>;
  /** Called when somebody wants the upstream's schema read, though perhaps once too often. */
  readonly onSchemaReload?: (() => void) | undefined;
  /** Milliseconds that an access token lives. */
  readonly lifetime: number;
  readonly log: Log;
}

/**
 * Hears of what other processes do to sessions and keys. The store wakes it where it can; the polling below that is
 * what makes sure. While the store is away nothing new can be revoked, and what is known stays known.
 */
export function createChangeFollower(
  { store, revocations, onKeysChanged, onSchemaReload, lifetime, log }: Followed,
  clock: Clock,
): ChangeFollower {
  let cursor: string | undefined;
  let upToDateAt = Number.NEGATIVE_INFINITY;
  let isAway = false;
  let running: Promise<void> | undefined;
  let isWoken = false;
  let timer: NodeJS.Timeout | undefined;
  let unwatch: (() => void) | undefined;

  async function catchUp(): Promise<void> {
    // The clock of the node that revoked may have been behind ours.
    const changes = await store.listChanges({ after: cursor, since: clock() - lifetime - wrongClock });
    for (const id of changes.revokedSessions) revocations.add(id);
    // Before the cursor moves: if the keys cannot be read now, the next look tries again.
    if (changes.haveKeysChanged) await onKeysChanged();
    // Without a cursor it is told of what was wanted before it started, which it has read since.
    if (changes.isSchemaReloadRequested && cursor !== undefined) onSchemaReload?.();
    cursor = changes.cursor;
    upToDateAt = performance.now();
  }

  async function look(): Promise<void> {
    try {
      await catchUp();
      if (isAway) log.info({}, 'hearing of the changes of other nodes again');
      isAway = false;
    } catch (err) {
      if (!isAway) log.warn({ err }, 'cannot hear of the changes of other nodes; trying again');
      isAway = true;
    }
  }

  function run(): void {
    clearTimeout(timer);
    isWoken = false;
    running = look().then(() => {
      running = undefined;
      if (!unwatch) return;
      if (isWoken) run();
      else timer = setTimeout(run, pollInterval).unref();
    });
  }

  return {
    catchUp,
    age: () => performance.now() - upToDateAt,
    start() {
      unwatch = store.watchChanges(() => {
        isWoken = true;
        if (!running) run();
      });
      run();
    },
    async stop() {
      unwatch?.();
      unwatch = undefined;
      clearTimeout(timer);
      await running;
    },
  };
}
