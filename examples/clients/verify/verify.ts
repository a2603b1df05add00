import { createRemoteJWKSet, type JWTPayload, jwtVerify } from 'jose';

export interface AccessTokenClaims extends JWTPayload {
  /** The id of the user. */
  sub: string;
  client_id: string;
  /** The id of the session. */
  sid: string;
  /** Scopes with a space between them. */
  scope: string;
}

/**
 * Verifies access tokens of the Latchkey at `publicUrl`, such as http://localhost:4000.
 * @returns a function from the value of the Authorization header to the claims of the token; it throws if the token is
 *   missing or not good, and the answer to that is HTTP 401
 */
export function createVerifier(publicUrl: string) {
  // Asked for when a token comes, kept for ten minutes; for an unknown key id asked for again, every 30 seconds at most.
  const keys = createRemoteJWKSet(new URL(`${publicUrl}/.well-known/jwks.json`));

  return async (authorization = ''): Promise<AccessTokenClaims> => {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (!token) throw new Error('The request has no bearer token.');
    const { payload } = await jwtVerify<AccessTokenClaims>(token, keys, {
      // Never leave the choice to the token (RFC 8725 §3.1). If your Latchkey signs with EdDSA or RS256, write that here.
      algorithms: ['ES256'],
      // An access token, and no other kind of token under the same keys (RFC 9068 §4).
      typ: 'at+jwt',
      issuer: publicUrl,
      audience: `${publicUrl}/graphql`,
      requiredClaims: ['sub', 'client_id', 'exp', 'iat', 'jti'],
      // Clocks of two machines differ a little.
      clockTolerance: 30,
    });
    return payload;
  };
}

/** Whether the token has that scope. If it has not, the answer is HTTP 403. */
export function hasScope({ scope = '' }: Partial<AccessTokenClaims>, wanted: string): boolean {
  return scope.split(' ').includes(wanted);
}
