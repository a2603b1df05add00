import type { Clock } from '../../lib/clock.js';
import type { SigningKeyRecord } from '../../store/store.js';
import type { SigningAlgorithm } from './algorithms.js';
import { currentOf } from './signing-keys-schedule.js';
import { publicJwkOf, type SigningKey } from './signing-keys-sealed.js';

/** A key that was opened. Times in milliseconds since 1970. */
export interface OpenKey extends SigningKey {
  readonly number: number;
  readonly signsFrom: number;
  readonly retiresAt: number | null;
  /** Infinity where no end is set: one comparison says whether the key is good. */
  readonly goodUntil: number;
}

/** What was read from the store: every record, and the keys of those that were good and could be opened. */
export interface ReadKeys {
  readonly records: readonly SigningKeyRecord[];
  readonly keys: readonly OpenKey[];
}

/** The keys as they were read last, and what holds of them at this moment. */
export interface KeyRing extends ReadKeys {
  /** Takes the place of all that it had. */
  hold(read: ReadKeys): void;
  /** The key that signs; there is one as soon as a key was held. */
  readonly current: OpenKey;
  /** The good key behind an encoded header. */
  find(header: string): OpenKey | undefined;
  /** The public halves of the good keys: a JWK set in JSON. */
  readonly jwks: string;
}

export function createKeyRing(algorithm: SigningAlgorithm, clock: Clock): KeyRing {
  let held: ReadKeys = { records: [], keys: [] };
  let byHeader: ReadonlyMap<string, OpenKey> = new Map();
  let view: View | undefined;

  function look(): void {
    view = viewAt(clock(), held.keys, algorithm, view?.current);
  }

  function viewNow(): View {
    const now = clock();
    if (!view || now >= view.until || now < view.from) look();
    // Nobody asks before a key was held, and a view never loses its last one.
    return view as View;
  }

  return {
    get records() {
      return held.records;
    },
    get keys() {
      return held.keys;
    },
    hold(read) {
      held = read;
      byHeader = new Map(read.keys.map((key) => [key.header, key]));
      look();
    },
    get current() {
      return viewNow().current;
    },
    find(header) {
      const key = byHeader.get(header);
      return key && key.goodUntil > clock() ? key : undefined;
    },
    get jwks() {
      return viewNow().jwks;
    },
  };
}

/** What holds from one moment to the next at which a key begins or retires. */
interface View {
  readonly from: number;
  readonly until: number;
  readonly current: OpenKey;
  readonly jwks: string;
}

/** Undefined while there has been no key at all. `keys` are in the order of their age; `last` is who signed until now. */
function viewAt(
  now: number,
  keys: readonly OpenKey[],
  algorithm: SigningAlgorithm,
  last: OpenKey | undefined,
): View | undefined {
  const published = keys.filter(({ goodUntil }) => goodUntil > now);
  const newest = published.at(-1);
  const current =
    currentOf(published, algorithm, now) ??
    // A command may have been given another algorithm than the servers have.
    (newest && currentOf(published, newest.algorithm, now)) ??
    // Where nothing else is left the last one goes on, until the next has been made.
    last;
  const times = keys.flatMap(({ signsFrom, goodUntil }) => [signsFrom, goodUntil]).filter((time) => time > now);
  return (
    current && {
      from: now,
      until: Math.min(Number.POSITIVE_INFINITY, ...times),
      current,
      jwks: JSON.stringify({ keys: published.map((key) => publicJwkOf(key.publicKey, key.algorithm)) }),
    }
  );
}
