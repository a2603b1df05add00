import { randomUUID } from 'node:crypto';
import { base64url, parseBase64url } from '../../lib/base64url.js';
import { createBoundedMap } from '../../lib/bounded-map.js';
import type { Clock } from '../../lib/clock.js';
import { LatchkeyError } from '../errors.js';
import { signData, verifyData } from './algorithms.js';
import type { Revocations } from './revocations.js';
import type { SigningKeys } from './signing-keys.js';
import { clockSkew } from './signing-keys-schedule.js';

/** Who a verified access token speaks for. */
export interface Claims {
  readonly userId: string;
  readonly sessionId: string;
  readonly scope: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface AccessTokens {
  /** Who issues the tokens, and for whom. */
  readonly issuer: string;
  readonly audience: string;
  /** Signs a token (RFC 9068 §2) that is good for `lifetime` from now. */
  issue(subject: Pick<Claims, 'userId' | 'sessionId' | 'scope'>): Promise<string>;
  /** The claims of a token that was verified lately, at once; undefined if it was not. Throws like `verify`. */
  recall(token: string): Claims | undefined;
  /** The claims of a good token. Throws UNAUTHENTICATED, TOKEN_EXPIRED or TOKEN_REVOKED. */
  verify(token: string): Promise<Claims>;
  /** Forgets which tokens were verified: a key that signed some of them is good no more. */
  forget(): void;
  /** How often it has forgotten: who keeps claims for long has to verify their token again when this changes. */
  readonly forgotten: number;
}

export interface AccessTokenSettings {
  readonly issuer: string;
  readonly audience: string;
  /** Milliseconds. */
  readonly lifetime: number;
}

/** The client of RFC 9068 §2.2 for tokens that signIn gave. */
const clientId = 'latchkey';

/** A token of ours is about 600 characters; what is longer is not worth a look. */
export const maxTokenLength = 8192;

/** How many verified tokens are remembered (at most twice this): about 1.5 KB each. A signature check costs 100 µs, a hit none. */
const rememberedTokens = 5_000;

export interface TokenSources {
  readonly keys: SigningKeys;
  readonly revocations: Revocations;
  /** Whether the store says that the session has ended; asked only while the revocations are too many for the memory. */
  readonly isEnded: (sessionId: string) => Promise<boolean>;
}

export function createAccessTokens(
  { keys, revocations, isEnded }: TokenSources,
  { issuer, audience, lifetime }: AccessTokenSettings,
  clock: Clock,
): AccessTokens {
  let verified = createBoundedMap<Verified>(rememberedTokens);
  let forgotten = 0;

  /** Asked at every use: a remembered token is still one that can expire or be revoked. */
  function assertLive(claims: Claims): Claims {
    if (claims.expiresAt <= clock()) throw new LatchkeyError('TOKEN_EXPIRED');
    if (revocations.has(claims.sessionId)) throw new LatchkeyError('TOKEN_REVOKED');
    return claims;
  }

  return {
    issuer,
    audience,

    async issue({ userId, sessionId, scope }) {
      const iat = Math.floor(clock() / 1000);
      const payload = {
        iss: issuer,
        sub: userId,
        aud: audience,
        client_id: clientId,
        iat,
        exp: iat + lifetime / 1000,
        jti: randomUUID(),
        sid: sessionId,
        scope,
      };
      const { header, algorithm, privateKey } = keys.current;
      const signed = `${header}.${base64url(JSON.stringify(payload))}`;
      return `${signed}.${base64url(await signData(algorithm, privateKey, signed))}`;
    },

    recall(token) {
      if (revocations.isOverflowing()) return undefined;
      const hit = verified.get(endOf(token));
      return hit?.token === token ? assertLive(hit.claims) : undefined;
    },

    async verify(token) {
      const remembered = verified;
      const payload = await openToken(keys, token);
      if (payload.iss !== issuer || payload.aud !== audience) throw new LatchkeyError('UNAUTHENTICATED');
      // Signed by a node whose clock is far ahead, it would outlive its revocation.
      if (payload.iat * 1000 > clock() + clockSkew) throw new LatchkeyError('UNAUTHENTICATED');
      const claims = {
        userId: payload.sub,
        sessionId: payload.sid,
        scope: payload.scope,
        // Where the lifetime was lowered since, it holds for older tokens too: revocations are remembered that long.
        expiresAt: Math.min(payload.exp * 1000, payload.iat * 1000 + lifetime),
      };
      assertLive(claims);
      if (revocations.isOverflowing() && (await isEnded(claims.sessionId))) throw new LatchkeyError('TOKEN_REVOKED');
      // Not into a new one: its key may have been dropped while the signature was checked.
      remembered.set(endOf(token), { token, claims });
      return claims;
    },

    forget() {
      verified = createBoundedMap<Verified>(rememberedTokens);
      forgotten++;
    },

    get forgotten() {
      return forgotten;
    },
  };
}

interface Verified {
  readonly token: string;
  readonly claims: Claims;
}

/**
 * What verified tokens are found by: a part of the signature, in which no two are alike. A map hashes all of a key that
 * each request brings anew; to compare the 600 characters with the one that is found is quicker.
 */
function endOf(token: string): string {
  return token.slice(-24);
}

interface Payload {
  readonly iss: string;
  readonly sub: string;
  readonly aud: string;
  readonly iat: number;
  readonly exp: number;
  readonly sid: string;
  readonly scope: string;
}

/**
 * Opens a token that one of our keys signed. The header must be, byte for byte, one that we write: that
 * alone refuses `alg: none`, HS256 under a public key, embedded keys, key addresses and hostile key ids
 * (RFC 8725 §2.1), before anything of the token is decoded.
 */
async function openToken(keys: SigningKeys, token: string): Promise<Payload> {
  const [header, payload, signature, ...more] = token.length <= maxTokenLength ? token.split('.', 4) : [];
  const key = header === undefined ? undefined : keys.find(header);
  const signatureBytes = signature === undefined ? undefined : parseBase64url(signature);
  if (!key || !payload || !signatureBytes || more.length > 0) throw new LatchkeyError('UNAUTHENTICATED');
  if (!(await verifyData(key.algorithm, key.publicKey, `${header}.${payload}`, signatureBytes))) {
    throw new LatchkeyError('UNAUTHENTICATED');
  }
  // Signed by us, so it has the members that `issue` wrote.
  return JSON.parse(Buffer.from(payload, 'base64url').toString()) as Payload;
}
