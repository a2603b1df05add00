import { availableParallelism } from 'node:os';
import { hash, verify } from '@node-rs/argon2';
import { LatchkeyError } from '../errors.js';

/** OWASP Password Storage Cheat Sheet: argon2id with 19 MiB, two passes, one lane. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

export interface PasswordHashes {
  hash(password: string): Promise<string>;
  /** Whether the password belongs to the hash. Without a hash it costs the same and is false. */
  verify(storedHash: string | undefined, password: string): Promise<boolean>;
  /** Whether a good sign-in should replace the hash, because it was made with weaker parameters. */
  isOutdated(storedHash: string): boolean;
  /** How many wait. */
  readonly waiting: number;
}

/**
 * Hashes in a bounded queue: a few at once (19 MiB each), at most `maxWaiting` behind them, the rest is refused with OVERLOADED at once. A flood of sign-ins then neither eats the memory
 * nor takes the thread pool away from the signatures that refreshes need.
 */
export function createPasswordHashes(maxWaiting: number): PasswordHashes {
  const { run, waiting } = createQueue(concurrency(), maxWaiting);
  // What an unknown user's password is compared with, so that the answer takes as long (OWASP Authentication
  // Cheat Sheet, "user enumeration"). Of the same parameters; nobody knows its password.
  const dummy = hash(crypto.randomUUID(), parameters);

  return {
    hash: (password) => run(() => hash(normalize(password), parameters)),
    verify: (storedHash, password) =>
      run(async () => {
        const good = await verify(storedHash ?? (await dummy), normalize(password));
        return good && storedHash !== undefined;
      }),
    get waiting() {
      return waiting.length;
    },
    isOutdated: (storedHash) => {
      const [, memory, time] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),/.exec(storedHash) ?? [];
      return Number(memory ?? 0) < parameters.memoryCost || Number(time ?? 0) < parameters.timeCost;
    },
  };
}

/** NIST SP 800-63B-4 §3.1.1.2: the same password typed on another keyboard must stay the same. */
function normalize(password: string): string {
  return password.normalize('NFC');
}

/** Two a core (measured 14 % faster than one), but never the last two threads: signatures need them. */
function concurrency(): number {
  const threadPool = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
  return Math.max(1, Math.min(2 * availableParallelism(), threadPool - 2));
}

function createQueue(limit: number, maxWaiting: number) {
  const waiting: (() => void)[] = [];
  let running = 0;
  let milliseconds = 50;

  /** How long the newest in the queue would wait, from what hashes took of late. */
  const retryAfter = () => Math.ceil((milliseconds * (waiting.length + 1)) / limit / 1000);

  async function run<T>(task: () => Promise<T>): Promise<T> {
    if (running >= limit) {
      if (waiting.length >= maxWaiting) throw new LatchkeyError('OVERLOADED', { retryAfter: retryAfter() });
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else {
      running++;
    }
    const startedAt = performance.now();
    try {
      return await task();
    } finally {
      milliseconds = 0.9 * milliseconds + 0.1 * (performance.now() - startedAt);
      const next = waiting.shift();
      // The place is handed on rather than given back, so that nobody newer slips in.
      if (next) next();
      else running--;
    }
  }

  return { run, waiting };
}
