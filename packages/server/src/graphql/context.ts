import type { Domain, Origin } from '../domain/domain.js';
import { LatchkeyError } from '../domain/errors.js';
import type { Claims } from '../domain/tokens/access-tokens.js';

/** What a resolver has at hand. */
export interface Context {
  readonly domain: Domain;
  /** Of the caller's access token, if the operation needed one. */
  readonly claims: Claims | undefined;
  origin(): Origin;
}

/** The caller's claims. Throws UNAUTHENTICATED: a resolver that needs a token says so a second time. */
export function requireClaims({ claims }: Context): Claims {
  if (!claims) throw new LatchkeyError('UNAUTHENTICATED');
  return claims;
}
