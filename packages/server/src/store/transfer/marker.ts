import { type Store, StoreUnusableError } from '../store.js';

/** The agreement that says that a store holds only a part of what is being copied to it. */
export const markerName = 'migration';

export interface Marker {
  readonly source: string;
  readonly fingerprint: string;
}

/** For whoever opens a store to serve on it: throws StoreUnusableError where a migration to it is not finished. */
export async function refuseHalfMigrated(store: Pick<Store, 'findAgreement'>): Promise<void> {
  const value = await store.findAgreement(markerName);
  if (value === undefined) return;
  throw new StoreUnusableError(
    `The database holds only a part of ${(JSON.parse(value) as Marker).source}: run the same latchkey migrate again to finish it.`,
  );
}
