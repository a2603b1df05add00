import type { Clock } from './clock.js';

export interface SteadyClock extends Clock {
  /**
   * Whether the system's clock has jumped ahead within the last day of running: by more than an hour, or since the floor
   * by more than a day, which may also be the time that nothing ran.
   */
  hasJumpedAhead(): boolean;
}

export interface ClockSources {
  /** The system's time, milliseconds since 1970: it can jump. */
  readonly wall: Clock;
  /** Milliseconds that this process has run: they cannot. */
  readonly elapsed: () => number;
  /** A time that has been, as the store remembers it. */
  readonly floor: number;
  /** Told once for each jump back, with its milliseconds. */
  readonly onJumpBack: (milliseconds: number) => void;
}

const hour = 3_600_000;

/**
 * A clock that follows the system's ahead but never back: a token that has expired must not come to life again when
 * somebody sets the clock back. After such a jump it goes on from where it was, at half the pace, until the system's
 * has caught up: so a clock that was wrong for a moment is not wrong for ever.
 */
export function createSteadyClock({ wall, elapsed, floor, onJumpBack }: ClockSources): SteadyClock {
  let base = Math.max(wall(), floor);
  let baseElapsed = elapsed();
  let jumpedAheadAt = floor > 0 && wall() - floor > 24 * hour ? elapsed() : Number.NEGATIVE_INFINITY;
  let isBehind = false;

  function now(): number {
    const passed = elapsed();
    const atHalfPace = base + (passed - baseElapsed) / 2;
    const time = wall();
    if (time < atHalfPace) {
      // A second is no jump: clocks are corrected by parts of one all the time.
      if (atHalfPace - time > 1_000 && !isBehind) {
        isBehind = true;
        onJumpBack(atHalfPace - time);
      }
      return Math.floor(atHalfPace);
    }
    if (time - base - (passed - baseElapsed) > hour) jumpedAheadAt = passed;
    isBehind = false;
    base = time;
    baseElapsed = passed;
    return time;
  }

  return Object.assign(now, { hasJumpedAhead: () => elapsed() - jumpedAheadAt < 24 * hour });
}
