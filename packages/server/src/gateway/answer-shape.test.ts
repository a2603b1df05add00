import { expect, test } from 'vitest';
import { isAnswer, isShallow } from './answer-shape.js';

test.each([
  { data: null },
  { data: {} },
  { errors: [{ message: 'no' }] },
  { data: { a: 1 }, errors: null, extensions: null },
  { data: {}, errors: [{ message: 'no', path: ['a'] }], extensions: {}, more: 1 },
])('%j is an answer', (value) => {
  expect(isAnswer(value)).toBe(true);
});

test.each([
  null,
  [],
  'data',
  {},
  { extensions: {} },
  { data: [] },
  { data: 'text' },
  { data: 1 },
  { data: {}, errors: {} },
  { data: {}, errors: 'failed' },
  { data: {}, errors: [null] },
  { data: {}, errors: ['failed'] },
  { data: {}, errors: [{}] },
  { data: {}, extensions: [] },
  { data: {}, extensions: 'none' },
])('%j is none', (value) => {
  expect(isAnswer(value)).toBe(false);
});

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
