import type { Log } from '../../lib/log.js';
import { type SigningKeyRecord, type Store, StoreUnusableError } from '../../store/store.js';
import type { OpenKey, ReadKeys } from './signing-keys-ring.js';
import { isRetired } from './signing-keys-schedule.js';
import { type EncryptionKeys, openSigningKey, type SigningKey } from './signing-keys-sealed.js';

export interface ReadSettings {
  readonly encryptionKeys: EncryptionKeys;
  /**
   * Whether to see to the keys: to make the one that is missing for the algorithm, and to encrypt anew what a previous
   * secret had encrypted. A server does; a command that only looks must change nothing.
   */
  readonly upkeep: boolean;
}

export interface ReadAt {
  /** Those that were opened before are not opened again. */
  readonly known: readonly OpenKey[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Told of a key that no secret opens, which is then left out. What it throws ends the reading. */
  readonly onUnreadable: (kid: string) => void;
}

/** Reads every key, and opens those that are not retired. Rejects with StoreUnavailableError. */
export async function readKeys(
  store: Store,
  settings: ReadSettings,
  { known, now, onUnreadable }: ReadAt,
): Promise<ReadKeys> {
  const records = await store.listSigningKeys();
  const opened = new Map<string, SigningKey>(known.map((key) => [key.kid, key]));
  const keys: OpenKey[] = [];
  for (const record of records) {
    if (isRetired(record, now)) continue;
    const key = opened.get(record.kid) ?? (await open(store, settings, record));
    const { kid, number, signsFrom, retiresAt } = record;
    if (key) keys.push({ ...key, number, signsFrom, retiresAt, goodUntil: retiresAt ?? Number.POSITIVE_INFINITY });
    else onUnreadable(kid);
  }
  return { records, keys };
}

async function open(
  store: Store,
  { encryptionKeys, upkeep }: ReadSettings,
  record: SigningKeyRecord,
): Promise<SigningKey | undefined> {
  const opened = openSigningKey(record, encryptionKeys);
  if (opened?.resealed && upkeep) {
    await store.replaceKeyEncryption({ kid: record.kid, from: record.encryptedPrivateKey, to: opened.resealed });
  }
  return opened?.key;
}

/** For `onUnreadable` at the start. */
export function refuseUnreadable(): never {
  throw new StoreUnusableError(
    'The secret does not fit the data: the signing keys were encrypted under another one. Start with the LATCHKEY_SECRET (or the secret file) that this data was made with.',
  );
}

/**
 * For `onUnreadable` later on: says it once for each key. The public half that is stored beside it would verify, but
 * anybody who can write to the database can put one there.
 */
export function reportUnreadableTo(log: Log): (kid: string) => void {
  const reported = new Set<string>();
  return (kid) => {
    if (reported.has(kid)) return;
    reported.add(kid);
    log.error(
      { kid },
      'a signing key was encrypted with another secret and its tokens are refused here; start every node with both secrets, LATCHKEY_SECRET and LATCHKEY_SECRET_PREVIOUS',
    );
  };
}
