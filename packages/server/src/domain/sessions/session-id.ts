import { randomBytes } from 'node:crypto';
import { base64url } from '../../lib/base64url.js';

/**
 * The id of a new session: 128 random bits as base64url, of which the first character is no "-". A command line would
 * take that for a flag: `latchkey session revoke ID`.
 */
export function drawSessionId(draw: (bytes: number) => Uint8Array = randomBytes): string {
  for (;;) {
    const id = base64url(draw(16));
    if (!id.startsWith('-')) return id;
  }
}
