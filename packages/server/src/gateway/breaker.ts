import { LatchkeyError } from '../domain/errors.js';
import type { Log } from '../lib/log.js';

export interface BreakerSettings {
  /** How many failures in a row, none answered between them, make the upstream suspect. */
  readonly failures: number;
  /** Milliseconds between two looks at an upstream that is away. */
  readonly pause: number;
}

/** Refuses requests at once while the upstream is known to be away, so that nobody waits for it and it can come up. */
export interface Breaker {
  readonly isOpen: boolean;
  /** Throws UPSTREAM_UNAVAILABLE, with the seconds after which it is worth another try, while it is open. */
  assertClosed(): void;
  /** The upstream has answered something, whatever it was. */
  succeeded(): void;
  /** A connection has failed, or no answer has begun in time. */
  failed(): void;
  /** Ends the looking. */
  stop(): void;
}

/**
 * No request of a caller opens or closes it: `probe` does, a question of ours that costs the upstream nothing and
 * resolves with whether it was answered. So somebody whose own queries time out, or end the upstream's connections,
 * makes us ask it that, and cannot make it look away from all others; nor can one slow query be the trial that keeps
 * it shut.
 */
export function createBreaker(
  { failures, pause }: BreakerSettings,
  probe: () => Promise<boolean>,
  log: Pick<Log, 'warn' | 'info'>,
): Breaker {
  let failedInARow = 0;
  let isOpen = false;
  let isProbing = false;
  let isStopped = false;
  let nextLook = 0;
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    if (isProbing || isStopped) return;
    isProbing = true;
    const isAnswered = await probe();
    isProbing = false;
    failedInARow = 0;
    if (isStopped) return;
    if (isAnswered === isOpen) {
      isOpen = !isAnswered;
      if (isOpen) log.warn({ pause }, 'the upstream is away: requests to it are refused until it answers again');
      else log.info({}, 'the upstream answers again');
    }
    if (!isOpen) return;
    nextLook = Date.now() + pause;
    timer = setTimeout(look, pause).unref();
  }

  return {
    get isOpen() {
      return isOpen;
    },
    assertClosed() {
      if (!isOpen) return;
      const retryAfter = Math.max(1, Math.ceil((nextLook - Date.now()) / 1000));
      throw new LatchkeyError('UPSTREAM_UNAVAILABLE', { retryAfter });
    },
    succeeded() {
      failedInARow = 0;
    },
    failed() {
      failedInARow++;
      if (failedInARow >= failures && !isOpen) void look();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
