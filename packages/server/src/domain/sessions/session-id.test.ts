import { expect, test } from 'vitest';
import { drawSessionId } from './session-id.js';

test('an id is 16 bytes in base64url', () => {
  expect(drawSessionId()).toMatch(/^[\w][\w-]{21}$/);
  expect(drawSessionId()).not.toBe(drawSessionId());
});

test('one that a command line would take for a flag is drawn again', () => {
  const draws = [0xf8, 0xfb, 0xfc].map((first) => new Uint8Array(16).fill(first, 0, 1));
  expect(drawSessionId(() => draws.shift() as Uint8Array)).toBe('_AAAAAAAAAAAAAAAAAAAAA');
  expect(draws).toHaveLength(0);
});
