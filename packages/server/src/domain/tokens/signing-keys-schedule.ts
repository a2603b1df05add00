/** Seconds for which a verifier may keep the JWK set. */
export const jwksMaxAge = 600;

/** Milliseconds for which a key is published before it signs: verifiers ask again, and other nodes hear of it. */
export const lead = jwksMaxAge * 1000 + 60_000;

/** Milliseconds that a key verifies beyond the last of its tokens: clocks differ, and one may just be being signed. */
export const retireMargin = 300_000;

/** Milliseconds by which the clocks of two nodes may differ. */
export const clockSkew = 60_000;

/** Milliseconds by which a clock may be wrong without anything that was revoked being good again on that account. */
export const wrongClock = 3 * 3_600_000;

/** What decides about a key, in milliseconds since 1970. */
export interface Timed {
  readonly algorithm: string;
  readonly number: number;
  readonly signsFrom: number;
  readonly retiresAt: number | null;
}

export type KeyState = 'next' | 'current' | 'retiring' | 'retired';

export interface Schedule {
  readonly algorithm: string;
  /** Milliseconds that a key signs. */
  readonly lifetime: number;
  /** Milliseconds. */
  readonly accessTokenLifetime: number;
}

export interface Rotation {
  readonly signsFrom: number;
  /** Null leaves the other keys alone. */
  readonly retireOthersAt: number | null;
}

export function isRetired({ retiresAt }: Timed, now: number): boolean {
  return retiresAt !== null && retiresAt <= now;
}

/**
 * The key that signs: of the algorithm, the highest number that has begun. Where none has, because the clock is
 * behind, the lowest one: better early than nobody signs in. Undefined if all are retired.
 */
export function currentOf<T extends Timed>(keys: readonly T[], algorithm: string, now: number): T | undefined {
  const usable = keys
    .filter((key) => key.algorithm === algorithm && !isRetired(key, now))
    .sort((a, b) => a.number - b.number);
  return usable.findLast((key) => key.signsFrom <= now) ?? usable[0];
}

/** `current` is the number of the key of the same algorithm that signs now, 0 if there is none. */
export function stateOf(key: Timed, current: number, now: number): KeyState {
  if (isRetired(key, now)) return 'retired';
  if (key.number === current) return 'current';
  return key.number > current && key.signsFrom > now ? 'next' : 'retiring';
}

/** What is to be added now, or undefined while nothing is. */
export function dueRotation(keys: readonly Timed[], schedule: Schedule, now: number): Rotation | undefined {
  const { algorithm, lifetime, accessTokenLifetime } = schedule;
  const current = currentOf(keys, algorithm, now);
  // The first of its algorithm; the keys of another go on verifying, so that the change logs nobody out.
  if (!current) return { signsFrom: now, retireOthersAt: null };
  const lastToken = current.retiresAt === null ? undefined : current.retiresAt - accessTokenLifetime;
  const grown = current.signsFrom + lifetime;
  const end = lastToken === undefined ? grown : Math.min(grown, lastToken - retireMargin);
  const regular = Math.max(now + lead, end);
  // One that begins much later was made by a node whose clock was wrong: nobody can wait for it.
  const hasNext = keys.some(
    (key) =>
      key.algorithm === algorithm &&
      key.number > current.number &&
      !isRetired(key, now) &&
      key.signsFrom <= regular + retireMargin,
  );
  if (hasNext || now < end - lead) return undefined;
  if (lastToken === undefined) return { signsFrom: regular, retireOthersAt: retirement(regular, schedule) };
  // A node that signs with another algorithm has retired it. To retire theirs in turn would never end.
  return { signsFrom: Math.min(regular, Math.max(now, lastToken)), retireOthersAt: null };
}

/** What the operator asks for. */
export function askedRotation(
  { now: atOnce, compromised }: { readonly now: boolean; readonly compromised: boolean },
  schedule: Schedule,
  now: number,
): Rotation {
  // In the past: a node whose clock is behind must not go on with a key that a thief has.
  if (compromised) return { signsFrom: now, retireOthersAt: now - wrongClock };
  const signsFrom = atOnce ? now : now + lead;
  return { signsFrom, retireOthersAt: retirement(signsFrom, schedule) };
}

/** By then every token that another key signed has expired. */
function retirement(signsFrom: number, { accessTokenLifetime }: Schedule): number {
  return signsFrom + accessTokenLifetime + retireMargin;
}
