import type { Clock } from '../../lib/clock.js';
import type { Store } from '../../store/store.js';

/** The sessions that ended within one access-token lifetime: the only ones whose tokens could still look good. */
export interface Revocations {
  add(sessionId: string): void;
  has(sessionId: string): boolean;
}

const sweepInterval = 60_000;

/** Loads what was revoked before a restart: a token refused once must never be good again. */
export async function loadRevocations(store: Store, lifetime: number, clock: Clock): Promise<Revocations> {
  const revokedAt = new Map<string, number>();
  let sweptAt = clock();
  for (const revoked of await store.listRevokedSessions(sweptAt - lifetime))
    revokedAt.set(revoked.id, revoked.revokedAt);

  function sweep(now: number): void {
    if (now - sweptAt < sweepInterval) return;
    sweptAt = now;
    for (const [id, at] of revokedAt) if (at < now - lifetime) revokedAt.delete(id);
  }

  return {
    add(sessionId) {
      const now = clock();
      sweep(now);
      revokedAt.set(sessionId, now);
    },
    has: (sessionId) => revokedAt.has(sessionId),
  };
}
