import type { Clock } from '../../lib/clock.js';
import type { Log } from '../../lib/log.js';
import { type Store, StoreUnavailableError } from '../../store/store.js';
import type { SigningAlgorithm } from './algorithms.js';
import type { ReadSettings } from './signing-keys-read.js';
import type { KeyRing } from './signing-keys-ring.js';
import { askedRotation, currentOf, dueRotation, type Rotation } from './signing-keys-schedule.js';
import { createSigningKey } from './signing-keys-sealed.js';

/** Times in milliseconds. */
export interface SigningKeySettings extends ReadSettings {
  readonly algorithm: SigningAlgorithm;
  /** How long a key signs. */
  readonly lifetime: number;
  readonly accessTokenLifetime: number;
  readonly log: Log;
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

/** The keys, and how they are read anew. */
export interface KeyHouse {
  readonly store: Store;
  readonly settings: SigningKeySettings;
  readonly clock: Clock;
  readonly ring: KeyRing;
  readonly read: () => Promise<void>;
}

const maxTries = 10;

export function isDue({ ring, settings, clock }: KeyHouse): boolean {
  return dueRotation(ring.keys, settings, clock()) !== undefined;
}

/** Adds the key without which nothing could be signed. A command takes any that is there: servers make their own. */
export async function addMissing(house: KeyHouse): Promise<void> {
  const { ring, settings, clock } = house;
  const isThere = settings.upkeep ? currentOf(ring.keys, settings.algorithm, clock()) : ring.keys.length > 0;
  if (!isThere) await addIfDue(house);
}

export async function addIfDue(house: KeyHouse): Promise<void> {
  const { ring, settings, clock } = house;
  const rotation = dueRotation(ring.keys, settings, clock());
  if (!rotation) return;
  const kid = await add(house, rotation, { action: 'signing_key.added', source: 'latchkey' });
  if (kid) settings.log.info({ kid, signsFrom: new Date(rotation.signsFrom) }, 'a signing key was added');
}

/** Adds what the operator asks for, and returns its kid. Rejects with StoreUnavailableError where others are always first. */
export async function addAsked(house: KeyHouse, options: RotateOptions): Promise<string> {
  const detail = options.reason ?? (options.compromised ? 'compromised' : undefined);
  const audit = { action: 'signing_key.rotated', source: options.source, ...(detail && { detail }) };
  for (let tries = 0; tries < maxTries; tries++) {
    await house.read();
    const kid = await add(house, askedRotation(options, house.settings, house.clock()), audit);
    if (kid) return kid;
  }
  throw new StoreUnavailableError('Other nodes rotate the signing keys at this moment; try again.');
}

/** Undefined where another process was first. */
async function add(
  { store, settings, clock, ring, read }: KeyHouse,
  { signsFrom, retireOthersAt }: Rotation,
  audit: { action: string; source: string; detail?: string },
): Promise<string | undefined> {
  const { algorithm, encryptionKeys } = settings;
  const at = clock();
  const number = 1 + Math.max(0, ...ring.records.map((each) => (each.algorithm === algorithm ? each.number : 0)));
  const record = await createSigningKey(encryptionKeys[0], { algorithm, number, createdAt: at, signsFrom });
  const detail = audit.detail ? `${record.kid}: ${audit.detail}` : record.kid;
  const entry = { ...audit, at, userId: null, sessionId: null, detail };
  const added = await store.addSigningKey(record, { retireOthersAt }, entry);
  await read();
  return added ? record.kid : undefined;
}
