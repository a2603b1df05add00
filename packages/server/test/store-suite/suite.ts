import { describe } from 'vitest';
import type { AuditRecord, Store } from '../../src/store/store.js';
import { describeAgreements } from './agreements.js';
import { describeChanges } from './changes.js';
import { describeDurability } from './durability.js';
import { describeLeases } from './leases.js';
import { describePruning } from './pruning.js';
import { describeRevocation } from './revocation.js';
import { describeRotation } from './rotation.js';
import { describeSessions } from './sessions.js';
import { describeSigningKeys } from './signing-keys.js';
import { describeUsage } from './usage.js';
import { describeUserRevocation } from './user-revocation.js';
import { describeUsers } from './users.js';

/** A store on data of its own, and what a test must do behind its back. The opener cleans up after the test. */
export interface OpenedStore {
  readonly store: Store;
  /** Closes the store and opens another on the same data. */
  reopen(): Promise<Store>;
  /** A second store, open at the same time on the same data. */
  another(): Promise<Store>;
  /** Whether the database tells a store of what another on the same data has changed. */
  readonly notifies: boolean;
  /** The audit in the order of its writing, read by a connection of its own: only what is committed. */
  readAudit(): Promise<readonly AuditRecord[]>;
}

export type OpenStore = () => Promise<OpenedStore>;

/** The contract of store.ts: every store passes all of it. */
export function describeStore(name: string, open: OpenStore): void {
  describe(name, () => {
    describeUsers(open);
    describeSessions(open);
    describeRotation(open);
    describeRevocation(open);
    describeUserRevocation(open);
    describeChanges(open);
    describeSigningKeys(open);
    describeLeases(open);
    describePruning(open);
    describeUsage(open);
    describeAgreements(open);
    describeDurability(open);
  });
}
