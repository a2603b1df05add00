import { expect, test } from 'vitest';
import { fillTemplate, placeholdersOf } from './template.js';

test('the names in braces are the placeholders, also twice', () => {
  expect(placeholdersOf('{a}-{b}{a} {} { c } {d')).toEqual(['a', 'b', 'a']);
});

test('what is put in is not looked at again, nor read as a replacement pattern', () => {
  const values: Record<string, string> = { a: '{b}', b: '$& $1' };
  expect(fillTemplate('{a}/{b}', (name) => values[name] ?? '')).toBe('{b}/$& $1');
});
