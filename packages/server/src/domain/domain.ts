import type { Clock } from '../lib/clock.js';
import type { Log } from '../lib/log.js';
import type { Store } from '../store/store.js';
import type { PasswordHashes } from './accounts/password-hashes.js';
import type { KeyRing } from './secret.js';
import type { AccessTokens } from './tokens/access-tokens.js';
import type { Revocations } from './tokens/revocations.js';
import type { SigningKeys } from './tokens/signing-keys.js';
import type { Usage } from './usage/usage.js';

/** What the functions of the domain work with; put together once, in main.ts. */
export interface Domain {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly passwordHashes: PasswordHashes;
  readonly accessTokens: AccessTokens;
  readonly revocations: Revocations;
  readonly keys: SigningKeys;
  /** Counts what callers ask the upstream for. */
  readonly usage: Usage;
  /** MAC refresh tokens: the first makes them. */
  readonly refreshTokenKeys: KeyRing;
  readonly settings: DomainSettings;
}

/** Times in milliseconds. */
export interface DomainSettings {
  readonly accessTokenLifetime: number;
  readonly sessionIdleLifetime: number;
  readonly sessionLifetime: number;
  /** How many living ones a user may have. */
  readonly sessionsPerUser: number;
  readonly refreshRetryWindow: number;
  readonly passwordMinLength: number;
  readonly passwordMaxBytes: number;
}

/** Where a request came from, as far as the edge can tell. */
export interface Origin {
  /** The caller's address. */
  readonly source: string;
  readonly userAgent: string;
}

/** What a sign-in or a refresh answers with (RFC 6749 §5.1 in GraphQL's spelling). */
export interface TokenSet {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly tokenType: 'Bearer';
  /** Seconds. */
  readonly expiresIn: number;
  readonly scope: string;
}
