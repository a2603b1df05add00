/** Bytes or text as base64url without padding (RFC 4648 §5). */
export function base64url(input: Uint8Array | string): string {
  return (
    typeof input === 'string' ? Buffer.from(input) : Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  ).toString('base64url');
}

/**
 * The bytes of a base64url text, or undefined where it is not in the one canonical spelling. Node's own
 * decoder skips what it does not know, so that two different texts could mean the same token.
 */
export function parseBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
