import { expect } from 'vitest';
import type { TestAnswer } from '../harness.js';

/** What RFC 6750 §3.1 says of a token that is no good, with the code that tells a client what to do. */
export function expectInvalidToken({ status, headers, body }: TestAnswer, code: string) {
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toMatch(
    /^Bearer realm="latchkey", error="invalid_token", error_description="[^"\\]+"$/,
  );
  expect(body.errors).toMatchObject([{ extensions: { code } }]);
  expect(body).not.toHaveProperty('data');
}
