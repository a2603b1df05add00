import { createHmac, timingSafeEqual } from 'node:crypto';
import { parseBase64url } from '../../lib/base64url.js';
import type { KeyRing } from '../secret.js';

/** What a refresh token says: the session it belongs to, and which of its rotations it stands for. */
export interface RefreshTokenContent {
  /** base64url of 16 bytes. */
  readonly sessionId: string;
  readonly generation: number;
}

const prefix = 'lk_rt_';
const idLength = 16;
const bodyLength = idLength + 6;
const macLength = 20;

/**
 * `lk_rt_` + base64url(session id ‖ generation, 6 bytes ‖ MAC, 20 bytes). The token is a pure function of
 * session and generation: the successor that a retry must get again need not be stored anywhere.
 */
export function formatRefreshToken([key]: KeyRing, { sessionId, generation }: RefreshTokenContent): string {
  const token = Buffer.allocUnsafe(bodyLength + macLength);
  token.write(sessionId, 0, idLength, 'base64url');
  token.writeUIntBE(generation, idLength, 6);
  mac(key, token.subarray(0, bodyLength)).copy(token, bodyLength);
  return prefix + token.toString('base64url');
}

/** The content of a token that one of the keys made; undefined for anything else, without a look at the store. */
export function parseRefreshToken(keys: KeyRing, text: string): RefreshTokenContent | undefined {
  if (!text.startsWith(prefix) || text.length !== prefix.length + ((bodyLength + macLength) * 8) / 6) return undefined;
  const token = parseBase64url(text.slice(prefix.length));
  if (!token) return undefined;
  const body = token.subarray(0, bodyLength);
  // Constant time: a MAC that can be guessed byte by byte is no MAC.
  if (!keys.some((key) => timingSafeEqual(mac(key, body), token.subarray(bodyLength)))) return undefined;
  return { sessionId: body.toString('base64url', 0, idLength), generation: body.readUIntBE(idLength, 6) };
}

function mac(key: Buffer, body: Buffer): Buffer {
  return createHmac('sha256', key).update(body).digest().subarray(0, macLength);
}
