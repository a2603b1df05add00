import { hkdfSync } from 'node:crypto';

/** One key for each use, so that what leaks of one says nothing of another (RFC 5869 §3.2). */
export interface DerivedKeys {
  /** 32 bytes: MACs refresh tokens. */
  readonly refreshToken: Buffer;
  /** 32 bytes: encrypts the private signing keys in the store. */
  readonly keyEncryption: Buffer;
}

/** Derives the keys from the provider's secret (at least 32 characters, checked where it is read). */
export function deriveKeys(secret: string): DerivedKeys {
  return {
    refreshToken: derive(secret, 'latchkey refresh token v1'),
    keyEncryption: derive(secret, 'latchkey signing key encryption v1'),
  };
}

function derive(secret: string, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', use, 32));
}
