import { findUser } from '../accounts/find-user.js';
import type { Domain } from '../domain.js';
import { LatchkeyError } from '../errors.js';

/** A number of requests a day; 'none' for no quota, 'default' for what the setting says. */
export type QuotaChoice = number | 'none' | 'default';

/** The most that a quota can be: so many, that nobody waits for its end. */
export const maxQuota = 1_000_000_000_000;

/** As the store keeps it. */
const noQuota = -1;

/**
 * Gives the user a quota of their own; servers hear of it within seconds. Returns the address in its canonical form.
 * Throws USER_NAME_INVALID, USER_NOT_FOUND or QUOTA_INVALID.
 */
export async function setQuota(domain: Domain, name: string, choice: QuotaChoice): Promise<string> {
  if (typeof choice === 'number' && !(Number.isInteger(choice) && choice >= 0 && choice <= maxQuota)) {
    throw new LatchkeyError('QUOTA_INVALID');
  }
  const { id: userId, userName } = await findUser(domain, name);
  const quotaPerDay = choice === 'default' ? null : choice === 'none' ? noQuota : choice;
  const audit = { action: 'user.quota_changed', userId, sessionId: null, source: 'operator', detail: String(choice) };
  await domain.store.setQuota({ userId, quotaPerDay }, { at: domain.clock(), ...audit });
  return userName;
}

/** What the store keeps, as an operator would write it. */
export function quotaChoiceOf(quotaPerDay: number | null): QuotaChoice {
  if (quotaPerDay === null) return 'default';
  return quotaPerDay < 0 ? 'none' : quotaPerDay;
}
