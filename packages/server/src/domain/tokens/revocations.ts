import type { Clock } from '../../lib/clock.js';

/** The sessions that ended within one access-token lifetime: the only ones whose tokens could still look good. */
export interface Revocations {
  add(sessionId: string): void;
  has(sessionId: string): boolean;
  /** More have ended than are kept here: only the store knows them all. */
  isOverflowing(): boolean;
  /** How many are kept. */
  readonly size: number;
}

/**
 * Milliseconds for which an id is kept beyond the lifetime of an access token. A refresh that overlaps with a sign-out
 * can sign its token a moment later, and the clocks of nodes differ.
 */
const margin = 300_000;

/** `lifetime` of an access token in milliseconds; `limit` is how many ids are kept. */
export function createRevocations(
  { lifetime, limit }: { readonly lifetime: number; readonly limit: number },
  clock: Clock,
): Revocations {
  // In the order of their time, which is the time of hearing of it: the clock of another node may be wrong.
  const heardAt = new Map<string, number>();
  const keep = lifetime + margin;
  let overflowsUntil = 0;

  function sweep(now: number): void {
    for (const [id, at] of heardAt) {
      if (at + keep > now) return;
      heardAt.delete(id);
    }
  }

  return {
    add(sessionId) {
      const now = clock();
      sweep(now);
      // Deleted first: what is set anew goes to the end, where the youngest are.
      heardAt.delete(sessionId);
      if (heardAt.size < limit) heardAt.set(sessionId, now);
      else overflowsUntil = now + keep;
    },
    has: (sessionId) => heardAt.has(sessionId),
    get size() {
      return heardAt.size;
    },
    isOverflowing: () => overflowsUntil > 0 && clock() < overflowsUntil,
  };
}
