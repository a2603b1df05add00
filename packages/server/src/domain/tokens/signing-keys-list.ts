import type { SigningKeyRecord } from '../../store/store.js';
import type { OpenKey } from './signing-keys-ring.js';
import { currentOf, type KeyState, stateOf } from './signing-keys-schedule.js';

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

/** Every key that is kept, the newest last; `current` is the one that signs here. */
export function listKeys(records: readonly SigningKeyRecord[], current: OpenKey, now: number): SigningKeyInfo[] {
  const inOrder = [...records].sort((a, b) => a.createdAt - b.createdAt || a.number - b.number);
  return inOrder.map((record) => {
    const { kid, algorithm, number, createdAt, signsFrom, retiresAt } = record;
    return { kid, algorithm, number, state: stateHere(record, records, current, now), createdAt, signsFrom, retiresAt };
  });
}

function stateHere(
  record: SigningKeyRecord,
  records: readonly SigningKeyRecord[],
  current: OpenKey,
  now: number,
): KeyState {
  if (record.algorithm === current.algorithm) return stateOf(record, current.number, now);
  const state = stateOf(record, currentOf(records, record.algorithm, now)?.number ?? 0, now);
  // It signs only on nodes that are set to its algorithm; here it is on its way out.
  return state === 'current' ? 'retiring' : state;
}
