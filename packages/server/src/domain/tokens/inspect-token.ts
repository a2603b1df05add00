import type { Domain } from '../domain.js';
import { inspectAccessToken } from './inspect-access-token.js';
import { inspectRefreshToken } from './inspect-refresh-token.js';
import type { Inspection } from './inspection.js';

export type { Inspection };

/** Explains a token, and changes nothing. Rejects with StoreUnavailableError. */
export function inspectToken(domain: Domain, token: string): Promise<Inspection> {
  return token.startsWith('lk_rt_') ? inspectRefreshToken(domain, token) : inspectAccessToken(domain, token);
}
