import { setTimeout as sleep } from 'node:timers/promises';
import { LatchkeyError } from '../domain/errors.js';

/**
 * Whether operations may go on to the upstream. Until its schema was read, or the upstream has refused to tell it,
 * nobody knows what it says about who may do what, so nothing is let through.
 */
export interface Door {
  readonly isOpen: boolean;
  /** Resolves when it is open, or when there is no use in waiting: a second after the start, or when the first try failed. */
  wait(): Promise<void>;
  /** What an operation is told that was prepared while it was shut: UPSTREAM_UNAVAILABLE with Retry-After. */
  refusal(): LatchkeyError;
}

export interface DoorKeeper extends Door {
  open(): void;
  /** The schema could not be read; the next try is in so many milliseconds. */
  stayShut(retryIn: number): void;
}

/** Milliseconds that the first requests are held: an introspection that is asked for at the start takes less, mostly. */
const patience = 1_000;

export function createDoor(isOpenAlready: boolean): DoorKeeper {
  let isOpen = isOpenAlready;
  let retryIn = 0;
  let release = () => {};
  const tried = new Promise<void>((resolve) => {
    release = resolve;
  });
  let held: Promise<void> | undefined;

  return {
    get isOpen() {
      return isOpen;
    },
    wait() {
      if (isOpen) return Promise.resolve();
      held ??= Promise.race([tried, sleep(patience, undefined, { ref: false })]);
      return held;
    },
    refusal: () =>
      new LatchkeyError('UPSTREAM_UNAVAILABLE', {
        retryAfter: Math.max(1, Math.ceil(retryIn / 1000)),
        cause: new Error('its schema was not read yet'),
      }),
    open() {
      isOpen = true;
      release();
    },
    stayShut(milliseconds) {
      retryIn = milliseconds;
      release();
    },
  };
}
