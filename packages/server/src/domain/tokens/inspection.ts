import type { SessionRecord } from '../../store/store.js';
import type { KeyState } from './signing-keys-schedule.js';

export type SessionState = 'living' | 'ended' | 'expired' | 'unknown';
export type Verdict = 'good' | 'expired' | 'revoked' | 'not ours';

/** What a token is. Times in milliseconds since 1970. */
export interface Inspection {
  readonly kind: 'access token' | 'refresh token' | 'unknown';
  readonly verdict: Verdict;
  readonly why: string;
  /** Whether the rest can be believed: somebody else may have written what was not signed by a key of ours. */
  readonly isAuthentic: boolean;
  readonly claims?: Partial<Record<'iss' | 'aud' | 'sub' | 'sid' | 'scope', string>>;
  readonly issuedAt?: number | undefined;
  readonly expiresAt?: number | undefined;
  readonly key?: { readonly kid: string; readonly state: KeyState | 'unknown' };
  readonly userName?: string | undefined;
  readonly session?: { readonly id: string; readonly state: SessionState };
  readonly generation?: { readonly presented: number; readonly current: number | undefined };
  /** What a refresh with it would do. */
  readonly refreshWould?: 'rotate' | 'retry' | 'replay' | 'be refused';
}

/** How a session stands that was looked for in the store; `now` in milliseconds since 1970. */
export function sessionStateOf(session: SessionRecord | undefined, now: number): SessionState {
  if (!session) return 'unknown';
  if (Math.min(session.idleExpiresAt, session.expiresAt) <= now) return 'expired';
  return session.revokedAt === null ? 'living' : 'ended';
}
