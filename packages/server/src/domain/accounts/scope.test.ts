import { expect, test } from 'vitest';
import { canonicalScope } from './scope.js';

test.each([
  ['in order', 'companies:write companies:read', 'companies:read companies:write'],
  ['each once', 'a b a a', 'a b'],
  ['with one space between', '  a\t\n b  ', 'a b'],
  ['with case kept', 'b B a', 'B a b'],
  ['of 2,048 characters', 'x'.repeat(2048), 'x'.repeat(2048)],
  ['as nothing where there is nothing', ' ', ''],
  [
    'with every character that RFC 6749 allows',
    `!#$%&'()*+,-./09:;<=>?@AZ[]^_\`az{|}~`,
    `!#$%&'()*+,-./09:;<=>?@AZ[]^_\`az{|}~`,
  ],
])('a scope is kept %s', (_, typed, canonical) => {
  expect(canonicalScope(typed)).toBe(canonical);
});

test.each([
  ['a quote', 'a "b"'],
  ['a backslash', 'a\\b'],
  ['a NUL', 'a\0b'],
  ['a control character', 'a\u007f'],
  ['letters outside ASCII', 'büro'],
  ['2,049 characters', 'x'.repeat(2049)],
])('no scope: %s', (_, typed) => {
  expect(canonicalScope(typed)).toBeUndefined();
});
