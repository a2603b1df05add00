import { LatchkeyError } from '../errors.js';

export interface CallerLimits {
  /** Requests per second that a caller may send for long. */
  readonly callerRate: number;
  /** Requests that a caller may send at once after a pause. */
  readonly callerBurst: number;
  /** Requests of a caller that may be in work at once. */
  readonly callerConcurrency: number;
}

/** A caller of whom one request is in work. */
export interface Caller {
  /** Says that it no longer is; once for each `enter`. */
  leave(): void;
}

export interface Callers {
  /**
   * Lets one request of `key` in: a user, or the network of somebody unknown. `now` is in milliseconds of a clock that
   * does not go back. Throws RATE_LIMITED or TOO_MANY_AT_ONCE.
   */
  enter(key: string, now: number): Caller;
  /** How many callers are kept in mind. */
  readonly size: number;
}

/** Who is kept in mind at most: 15 MB. Whoever comes beyond shares one place with all the others. */
const maxCallers = 100_000;

/** So few are not worth looking through. */
const fewCallers = 1_000;

interface Bucket extends Caller {
  /** Requests that may be sent at once, as of `at`. */
  tokens: number;
  at: number;
  running: number;
}

/**
 * A token bucket and a count of what is in work for each caller. Only those who differ from somebody new are kept: whose
 * bucket is full again, and who has nothing in work, can be forgotten, and nobody else is. So a flood of addresses fills
 * memory only as long as each of them is in debt, which they pay at `callerRate` each.
 */
export function createCallers(limits: CallerLimits): Callers {
  const { callerRate, callerBurst, callerConcurrency } = limits;
  const perMillisecond = callerRate / 1_000;
  const buckets = new Map<string, Bucket>();
  const shared = create(0);
  let sweepAt = fewCallers;
  let sweptAt = Number.NEGATIVE_INFINITY;

  function find(key: string, now: number): Bucket {
    const known = buckets.get(key);
    if (known) return known;
    if (buckets.size >= sweepAt) sweep(now);
    if (buckets.size >= maxCallers) return shared;
    const bucket = create(now);
    buckets.set(key, bucket);
    return bucket;
  }

  function create(now: number): Bucket {
    const bucket: Bucket = {
      tokens: callerBurst,
      at: now,
      running: 0,
      leave() {
        bucket.running--;
      },
    };
    return bucket;
  }

  function refill(bucket: Bucket, now: number): void {
    // A request whose body came slowly began before the one that was counted last.
    if (now <= bucket.at) return;
    bucket.tokens = Math.min(callerBurst, bucket.tokens + (now - bucket.at) * perMillisecond);
    bucket.at = now;
  }

  /** Twice as many as are left may come before the next one, so it costs each of them little; once a second where it is full. */
  function sweep(now: number): void {
    if (buckets.size >= maxCallers && now - sweptAt < 1_000) return;
    sweptAt = now;
    for (const [key, bucket] of buckets) {
      refill(bucket, now);
      if (bucket.running === 0 && bucket.tokens >= callerBurst) buckets.delete(key);
    }
    sweepAt = Math.min(maxCallers, Math.max(fewCallers, 2 * buckets.size));
  }

  return {
    enter(key, now) {
      const bucket = find(key, now);
      refill(bucket, now);
      if (bucket.running >= callerConcurrency) throw tooManyAtOnce(callerConcurrency);
      if (bucket.tokens < 1) throw rateLimited(limits, (1 - bucket.tokens) / perMillisecond);
      bucket.tokens--;
      bucket.running++;
      return bucket;
    },
    get size() {
      return buckets.size;
    },
  };
}

function rateLimited({ callerRate, callerBurst }: CallerLimits, wait: number): LatchkeyError {
  return new LatchkeyError('RATE_LIMITED', {
    message: `You have sent more than ${callerBurst} requests, and more than ${callerRate} per second.`,
    retryAfter: Math.max(1, Math.ceil(wait / 1_000)),
  });
}

function tooManyAtOnce(limit: number): LatchkeyError {
  return new LatchkeyError('TOO_MANY_AT_ONCE', {
    message: `${limit} of your requests are in work at this moment, which is as many as may be.`,
    retryAfter: 1,
  });
}
