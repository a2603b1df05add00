import { expect, test } from 'vitest';
import { findJsonError } from './json-position.js';

test.each([
  ['a comma after the last member', '{\n  "a": 1,\n}', 3, 1],
  ['a missing comma', '{\n  "a": 1\n  "b": 2\n}', 3, 3],
  ['a comment', '{\n  // port\n  "port": 1 }', 2, 3],
  ['a name without quotes', '{ port: 1 }', 1, 3],
  ['a single-quoted value', '{"a": \'b\'}', 1, 7],
  ['a string that never ends', '{"a": "b}', 1, 7],
  ['a line break in a string', '{"a": "b\nc"}', 1, 7],
  ['an end that comes too early', '{"a": [1, 2', 1, 12],
  ['a wrong closing bracket', '{"a": [1, 2}', 1, 12],
  ['text behind the end', '{"a": 1} x', 1, 10],
  ['a number with a leading zero', '[01]', 1, 3],
  ['a value where a name must be', '{"a": 1, 2: 3}', 1, 10],
  ['an empty file', '', 1, 1],
])('finds %s', (_, text, line, column) => {
  expect(() => JSON.parse(text)).toThrow(SyntaxError);
  expect(findJsonError(text)).toEqual({ line, column });
});

test('reads good JSON to its end', () => {
  const text = JSON.stringify({ a: [1, -2.5e3, null, true], b: { c: 'd\\"\u00e9\n' }, e: [], f: {} });
  expect(findJsonError(text)).toEqual({ line: 1, column: text.length + 1 });
});
