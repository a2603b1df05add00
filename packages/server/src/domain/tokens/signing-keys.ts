import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import { type SigningKeyRecord, type Store, StoreUnavailableError, StoreUnusableError } from '../../store/store.js';
import type { SigningAlgorithm } from './algorithms.js';
import {
  askedRotation,
  currentOf,
  dueRotation,
  isRetired,
  type KeyState,
  type Rotation,
  stateOf,
} from './signing-keys-schedule.js';
import {
  createSigningKey,
  type EncryptionKeys,
  openSigningKey,
  publicJwkOf,
  type SigningKey,
} from './signing-keys-sealed.js';

export type { SigningKey };

export interface SigningKeys {
  /** The key that signs at this moment. */
  readonly current: SigningKey;
  /** The good key behind an encoded header; undefined if it is unknown, or retired by now. */
  find(header: string): SigningKey | undefined;
  /** The JWK set of the next, the current and the retiring keys, as JSON: public members only (RFC 7517 §5). */
  readonly jwks: string;
  /**
   * Reads the keys again, because another process has changed them. `dropped` says that one which was good is gone: what
   * was remembered of its tokens must be forgotten. Rejects with StoreUnavailableError.
   */
  reload(): Promise<{ readonly dropped: boolean }>;
  /** Adds the next key if it is time. Of all nodes that call this, every minute, one does it. */
  rotateIfDue(): Promise<void>;
  /** Adds a key because the operator says so. */
  rotate(options: RotateOptions): Promise<SigningKeyInfo>;
  /** Every key that is kept, the newest last. */
  list(): readonly SigningKeyInfo[];
}

export interface RotateOptions {
  /** Signs at once, before verifiers have heard of it. */
  readonly now: boolean;
  /** Signs at once, and nothing that another key signed is good any more. */
  readonly compromised: boolean;
  /** Who asked, and why, for the audit. */
  readonly source: string;
  readonly reason?: string | undefined;
}

/** Times in milliseconds since 1970. */
export interface SigningKeyInfo {
  readonly kid: string;
  readonly algorithm: string;
  readonly number: number;
  readonly state: KeyState;
  readonly createdAt: number;
  readonly signsFrom: number;
  readonly retiresAt: number | null;
}

/** Times in milliseconds. */
export interface SigningKeySettings {
  readonly encryptionKeys: EncryptionKeys;
  readonly algorithm: SigningAlgorithm;
  /** How long a key signs. */
  readonly lifetime: number;
  readonly accessTokenLifetime: number;
  readonly log: Log;
}

interface OpenKey extends SigningKey {
  readonly number: number;
  readonly signsFrom: number;
  readonly retiresAt: number | null;
  /** Infinity where no end is set: one comparison says whether the key is good. */
  readonly goodUntil: number;
}

/** What holds from one moment to the next at which a key begins or retires. */
interface View {
  readonly from: number;
  readonly until: number;
  readonly current: OpenKey;
  readonly jwks: string;
}

const maxTries = 10;

/**
 * Opens the keys, making the first one where there is none for the algorithm, and encrypts anew what a previous secret
 * had encrypted. Throws StoreUnusableError if no secret fits.
 */
export async function openSigningKeys(store: Store, settings: SigningKeySettings, clock: Clock): Promise<SigningKeys> {
  const { encryptionKeys, algorithm, log } = settings;
  const inTurn = createTurns();
  let records: readonly SigningKeyRecord[] = [];
  let byHeader: ReadonlyMap<string, OpenKey> = new Map();
  let view: View | undefined;
  let hasDropped = false;
  const reported = new Set<string>();

  /** Undefined for a key that no secret opens. At the start that ends everything: `report` throws. */
  async function open(record: SigningKeyRecord, report: (kid: string) => void): Promise<SigningKey | undefined> {
    const opened = openSigningKey(record, encryptionKeys);
    if (!opened) report(record.kid);
    if (opened?.resealed) {
      await store.replaceKeyEncryption({ kid: record.kid, from: record.encryptedPrivateKey, to: opened.resealed });
    }
    return opened?.key;
  }

  async function read(report = reportUnreadable): Promise<void> {
    const read = await store.listSigningKeys();
    const known = new Map([...byHeader.values()].map((key) => [key.kid, key]));
    const now = clock();
    const keys: OpenKey[] = [];
    for (const record of read) {
      if (isRetired(record, now)) continue;
      const key = known.get(record.kid) ?? (await open(record, report));
      const { number, signsFrom, retiresAt } = record;
      if (key) keys.push({ ...key, number, signsFrom, retiresAt, goodUntil: retiresAt ?? Number.POSITIVE_INFINITY });
    }
    const next = new Map(keys.map((key) => [key.header, key]));
    for (const { header, goodUntil } of byHeader.values()) {
      if (goodUntil > now && !next.has(header)) hasDropped = true;
    }
    records = read;
    byHeader = next;
    view = look(keys, now);
  }

  /** The public half that is stored beside it would verify, but anybody who can write to the database can put one there. */
  function reportUnreadable(kid: string): void {
    if (reported.has(kid)) return;
    reported.add(kid);
    log.error(
      { kid },
      'a signing key was encrypted with another secret and its tokens are refused here; start every node with both secrets, LATCHKEY_SECRET and LATCHKEY_SECRET_PREVIOUS',
    );
  }

  function look(keys: readonly OpenKey[], now: number): View | undefined {
    const published = keys.filter(({ goodUntil }) => goodUntil > now);
    // Where nothing else is left the last one goes on, until the next has been made.
    const current = currentOf(published, algorithm, now) ?? view?.current;
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

  function viewNow(): View {
    const now = clock();
    if (!view || now >= view.until || now < view.from) view = look([...byHeader.values()], now);
    // openSigningKeys does not return before there is a key, and a view never loses its last one.
    return view as View;
  }

  function due(): Rotation | undefined {
    return dueRotation([...byHeader.values()], settings, clock());
  }

  /** Undefined where another process was first. */
  async function add(rotation: Rotation, audit: { action: string; source: string; detail?: string }) {
    const at = clock();
    const number = 1 + Math.max(0, ...records.map((each) => (each.algorithm === algorithm ? each.number : 0)));
    const [encryptionKey] = encryptionKeys;
    const { signsFrom, retireOthersAt } = rotation;
    const record = await createSigningKey(encryptionKey, { algorithm, number, createdAt: at, signsFrom });
    const detail = audit.detail ? `${record.kid}: ${audit.detail}` : record.kid;
    const entry = { ...audit, at, userId: null, sessionId: null, detail };
    const added = await store.addSigningKey(record, { retireOthersAt }, entry);
    await read();
    return added ? record.kid : undefined;
  }

  async function addIfDue(): Promise<void> {
    const rotation = due();
    if (!rotation) return;
    const kid = await add(rotation, { action: 'signing_key.added', source: 'latchkey' });
    if (kid) log.info({ kid, signsFrom: new Date(rotation.signsFrom) }, 'a signing key was added');
  }

  function list(): SigningKeyInfo[] {
    const now = clock();
    const inOrder = [...records].sort((a, b) => a.createdAt - b.createdAt || a.number - b.number);
    return inOrder.map((record) => {
      const { kid, number, createdAt, signsFrom, retiresAt } = record;
      const own = record.algorithm === algorithm;
      const current = own ? viewNow().current.number : (currentOf(records, record.algorithm, now)?.number ?? 0);
      const state = stateOf(record, current, now);
      // It signs only on nodes that are set to its algorithm; here it is on its way out.
      return {
        kid,
        algorithm: record.algorithm,
        number,
        state: !own && state === 'current' ? 'retiring' : state,
        createdAt,
        signsFrom,
        retiresAt,
      };
    });
  }

  await read(() => {
    throw new StoreUnusableError(
      'The secret does not fit the data: the signing keys were encrypted under another one. Start with the LATCHKEY_SECRET (or the secret file) that this data was made with.',
    );
  });
  if (!view) await addIfDue();
  if (!view) throw new StoreUnusableError('The store did not keep the signing key that it was given.');

  return {
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
    reload: () =>
      inTurn(async () => {
        await read();
        if (!currentOf([...byHeader.values()], algorithm, clock())) await addIfDue();
        const dropped = hasDropped;
        hasDropped = false;
        return { dropped };
      }),
    rotateIfDue: () =>
      inTurn(async () => {
        if (!due()) return;
        // Another node may have done it, and the news still be on its way.
        await read();
        await addIfDue();
      }),
    rotate: (options) =>
      inTurn(async () => {
        const detail = options.reason ?? (options.compromised ? 'compromised' : undefined);
        const audit = { action: 'signing_key.rotated', source: options.source, ...(detail && { detail }) };
        for (let tries = 0; tries < maxTries; tries++) {
          await read();
          const kid = await add(askedRotation(options, settings, clock()), audit);
          const added = kid && list().find((key) => key.kid === kid);
          if (added) return added;
        }
        throw new StoreUnavailableError('Other nodes rotate the signing keys at this moment; try again.');
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
