import { accountsSessionsKeys } from './001-accounts-sessions-keys.js';
import { changesRotationLeases } from './002-changes-rotation-leases.js';
import { whatChanged } from './003-what-changed.js';
import { usageQuotas } from './004-usage-quotas.js';
import type { Migration } from './migration.js';

/** All steps in order, for every store; the schema's version is how many have run. */
export const migrations: readonly Migration[] = [accountsSessionsKeys, changesRotationLeases, whatChanged, usageQuotas];
