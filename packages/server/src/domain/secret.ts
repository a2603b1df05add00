import { hkdfSync } from 'node:crypto';

/** One key for each use, so that what leaks of one says nothing of another (RFC 5869 §3.2). */
export interface DerivedKeys {
  /** MAC refresh tokens. */
  readonly refreshToken: KeyRing;
  /** Encrypt the private signing keys in the store. */
  readonly keyEncryption: KeyRing;
}

/** Keys of 32 bytes: with the first everything is made, and what any of them made is read. */
export type KeyRing = readonly [Buffer, ...Buffer[]];

/**
 * Derives the keys from the provider's secret (at least 32 characters, checked where it is read), and from the other
 * one that is accepted while it is being changed.
 */
export function deriveKeys(secret: string, previous?: string): DerivedKeys {
  const ring = (use: string): KeyRing => {
    const key = derive(secret, use);
    return previous === undefined ? [key] : [key, derive(previous, use)];
  };
  return {
    refreshToken: ring('latchkey refresh token v1'),
    keyEncryption: ring('latchkey signing key encryption v1'),
  };
}

function derive(secret: string, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', use, 32));
}
