import type { Clock } from '../../lib/clock.js';
import { type Store, StoreUnavailableError, StoreUnusableError } from '../../store/store.js';
import {
  addAsked,
  addIfDue,
  addMissing,
  isDue,
  type KeyHouse,
  type RotateOptions,
  type SigningKeySettings,
} from './signing-keys-add.js';
import { listKeys, type SigningKeyInfo } from './signing-keys-list.js';
import { readKeys, refuseUnreadable, reportUnreadableTo } from './signing-keys-read.js';
import { createKeyRing } from './signing-keys-ring.js';
import type { SigningKey } from './signing-keys-sealed.js';

export type { RotateOptions, SigningKey, SigningKeyInfo, SigningKeySettings };

export interface SigningKeys {
  /** The key that signs at this moment. */
  readonly current: SigningKey;
  /** The good key behind an encoded header; undefined if it is unknown, or retired by now. */
  find(header: string): SigningKey | undefined;
  /** The JWK set of the next, the current and the retiring keys, as JSON: public members only (RFC 7517 §5). */
  readonly jwks: string;
  /**
   * Reads the keys again, because another process has changed them. One that was good may be gone: what was remembered of
   * its tokens must be forgotten. Rejects with StoreUnavailableError.
   */
  reload(): Promise<void>;
  /** Adds the next key if it is time. Of all nodes that call this, every minute, one does it. */
  rotateIfDue(): Promise<void>;
  /** Adds a key because the operator says so. */
  rotate(options: RotateOptions): Promise<SigningKeyInfo>;
  /** Every key that is kept, the newest last. */
  list(): readonly SigningKeyInfo[];
}

/**
 * Opens the keys, and makes the first one where there is none at all. With `upkeep` it also makes one where there is none
 * for the algorithm, and encrypts anew what a previous secret had encrypted. Throws StoreUnusableError if no secret fits.
 */
export async function openSigningKeys(store: Store, settings: SigningKeySettings, clock: Clock): Promise<SigningKeys> {
  const ring = createKeyRing(settings.algorithm, clock);
  const reportUnreadable = reportUnreadableTo(settings.log);
  const read = async (onUnreadable = reportUnreadable) =>
    ring.hold(await readKeys(store, settings, { known: ring.keys, now: clock(), onUnreadable }));
  const house: KeyHouse = { store, settings, clock, ring, read };

  await read(refuseUnreadable);
  await addMissing(house);
  if (ring.keys.length === 0) {
    throw new StoreUnusableError('The store did not keep the signing key that it was given.');
  }
  return signingKeysOf(house);
}

function signingKeysOf(house: KeyHouse): SigningKeys {
  const { ring, read, clock } = house;
  const inTurn = createTurns();
  const list = () => listKeys(ring.records, ring.current, clock());

  return {
    get current() {
      return ring.current;
    },
    find: ring.find,
    get jwks() {
      return ring.jwks;
    },
    reload: () =>
      inTurn(async () => {
        await read();
        await addMissing(house);
      }),
    rotateIfDue: () =>
      inTurn(async () => {
        if (!isDue(house)) return;
        // Another node may have done it, and the news still be on its way.
        await read();
        await addIfDue(house);
      }),
    rotate: (options) =>
      inTurn(async () => {
        const kid = await addAsked(house, options);
        const added = list().find((key) => key.kid === kid);
        if (!added) throw new StoreUnavailableError('The signing key was added, and is gone again; look at the list.');
        return added;
      }),
    list,
  };
}

/** One after the other: of two that read at once, the older answer must not win. */
function createTurns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    return turn;
  };
}
