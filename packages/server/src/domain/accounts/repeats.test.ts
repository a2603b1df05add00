import { expect, test } from 'vitest';
import { withoutRepeats } from './repeats.js';

test.each([
  ['seven quiet lamps by the harbor', 'seven quiet lamps by the harbor'],
  ['password password', 'password'],
  ['P@ssw0rd password', 'P@ssw0rd'],
  ['one two one two three', 'one two three'],
  ['aaaaaaaaaaaa', 'aaaa'],
  // Three signs are found again by chance.
  ['the end, the', 'the end, the'],
  ['', ''],
])('of "%s" is left "%s"', (text, left) => {
  expect(withoutRepeats(text)).toBe(left);
});

test('signs whose lower case is longer keep their place', () => {
  expect(withoutRepeats('İstanbul x İstanbul y')).toBe('İstanbul x y');
});

test('the longest passwords take milliseconds', () => {
  const startedAt = performance.now();
  for (const text of ['a'.repeat(1024), 'ab'.repeat(512), `${'a'.repeat(511)}b${'a'.repeat(512)}`])
    withoutRepeats(text);
  expect(performance.now() - startedAt).toBeLessThan(500);
});
