import { expect, test } from 'vitest';
import { isShallow } from './json-nesting.js';

const nested = (levels: number, inside = '') => `${'{"a":['.repeat(levels / 2)}${inside}${']}'.repeat(levels / 2)}`;

test.each([
  ['a thousand levels', nested(1_000), true],
  ['more', nested(1_002), false],
  ['brackets in texts', `["${'['.repeat(5_000)}", "${'\\\\[{'.repeat(5_000)}", "\\"${'['.repeat(5_000)}"]`, true],
  ['more behind a text that ends with a backslash', `["\\\\",${nested(1_002)}]`, false],
  ['many beside each other', `[${'[{}],'.repeat(5_000)}1]`, true],
  ['a text without an end', `["${'['.repeat(5_000)}`, true],
])('a JSON text with %s', (_, text, expected) => {
  expect(isShallow(text)).toBe(expected);
});
