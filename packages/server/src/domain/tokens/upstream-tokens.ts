import { base64url } from '../../lib/base64url.js';
import type { Domain } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import type { Claims } from './access-tokens.js';
import { signData } from './algorithms.js';
import { headerOf } from './signing-keys-sealed.js';

/** Short-lived tokens that tell the API behind us who is asking. */
export interface UpstreamTokens {
  /** The token for the holder of these claims that is at hand; undefined if one has to be made. */
  recall(claims: Claims): string | undefined;
  /**
   * Makes one, which further calls share. Rejects with TOKEN_REVOKED if the session or the user is gone, and with
   * StoreUnavailableError if something of the user has to be looked up and cannot be.
   */
  make(claims: Claims): Promise<string>;
}

export interface UpstreamTokenSettings {
  readonly audience: string;
  /** Milliseconds, whole seconds. */
  readonly lifetime: number;
  /** What a token says besides, of names that are not used here; asked for each one that is made. */
  readonly furtherClaims: (claims: Claims) => object | Promise<object>;
}

interface Made {
  readonly token: string;
  readonly kid: string;
  /** Milliseconds since 1970. */
  readonly freshUntil: number;
}

/**
 * A JWT (RFC 7519) signed with the key that signs access tokens, and of another type: no endpoint that asks for an
 * access token takes it for one, ours included (RFC 8725 §3.11).
 */
export function createUpstreamTokens(
  { keys, clock, revocations, accessTokens }: Pick<Domain, 'keys' | 'clock' | 'revocations' | 'accessTokens'>,
  { audience, lifetime, furtherClaims }: UpstreamTokenSettings,
): UpstreamTokens {
  // As long as the access token is remembered; when a key is dropped, all of those are forgotten, and these with them.
  const made = new WeakMap<Claims, Made>();
  const beingMade = new WeakMap<Claims, Promise<string>>();

  async function sign(claims: Claims): Promise<string> {
    const further = await furtherClaims(claims);
    // It may have ended while that was looked up.
    if (revocations.has(claims.sessionId)) throw new LatchkeyError('TOKEN_REVOKED');
    const iat = Math.floor(clock() / 1000);
    const end = Math.floor(claims.expiresAt / 1000);
    const exp = Math.min(iat + lifetime / 1000, end);
    const { userId: sub, scope, sessionId: sid } = claims;
    const payload = { ...further, iss: accessTokens.issuer, aud: audience, sub, iat, exp, scope, sid };
    const { kid, algorithm, privateKey } = keys.current;
    const signed = `${headerOf(algorithm, kid, 'JWT')}.${base64url(JSON.stringify(payload))}`;
    const token = `${signed}.${base64url(await signData(algorithm, privateKey, signed))}`;
    // None could live longer than one that ends with the access token.
    const freshUntil = exp === end ? claims.expiresAt : (iat + (exp - iat) / 2) * 1000;
    made.set(claims, { token, kid, freshUntil });
    return token;
  }

  return {
    recall(claims) {
      const last = made.get(claims);
      return last && last.freshUntil > clock() && last.kid === keys.current.kid ? last.token : undefined;
    },
    make(claims) {
      const signing = beingMade.get(claims) ?? sign(claims).finally(() => beingMade.delete(claims));
      beingMade.set(claims, signing);
      return signing;
    },
  };
}
