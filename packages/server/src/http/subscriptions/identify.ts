import { LatchkeyError } from '../../domain/errors.js';
import type { Claims } from '../../domain/tokens/access-tokens.js';
import type { Prepared } from '../../graphql/prepare.js';
import type { GraphqlEndpoint } from '../call.js';

/** Who a connection speaks for. */
export interface Identity {
  readonly token: string | undefined;
  readonly claims: Claims | undefined;
}

export const nobody: Identity = { token: undefined, claims: undefined };

/** The identity of a token. Rejects with UNAUTHENTICATED, TOKEN_EXPIRED or TOKEN_REVOKED. */
export async function identify({ domain: { accessTokens } }: GraphqlEndpoint, token: string): Promise<Identity> {
  return { token, claims: accessTokens.recall(token) ?? (await accessTokens.verify(token)) };
}

/**
 * The identity with which an operation runs: a sign-in looks at none. Throws UNAUTHENTICATED if it needs one and there
 * is none.
 */
export function identityFor({ needsToken, looksAtToken }: Prepared, identity: Identity): Identity {
  if (needsToken && !identity.claims) throw new LatchkeyError('UNAUTHENTICATED');
  return looksAtToken ? identity : nobody;
}
