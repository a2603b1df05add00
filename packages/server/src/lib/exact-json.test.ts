import { expect, test } from 'vitest';
import { parseExact, stringifyExact } from './exact-json.js';

test.each([
  '12345678901234567890',
  '-9007199254740993',
  '1.0',
  '-0',
  '1e400',
  '1E-7',
  '[0.1,1.50,2,{"a":3.00,"b":"4.00","c":[-0.0]}]',
  '{"a\\\\":1.0,"b\\"1.0":"\\\\\\" 1.0","1.0":1.0}',
  '"2026-01-01T00:00:00.000Z"',
  '{"a":{"b":1.0}}',
  'true',
])('a value is written as it was: %s', (text) => {
  expect(stringifyExact(parseExact(text))).toBe(text);
});

test.each(['1.2.3', '01.0', '1.', '-', '[1.0 2.0]', '{"a":1.0', '"1.0', '1.0"', '+1.0', '.5', '1.0e', ''])(
  'what is no JSON is refused: %s',
  (text) => {
    expect(() => parseExact(text)).toThrow(SyntaxError);
  },
);

test('numbers that JavaScript knows are numbers', () => {
  expect(parseExact('{"path":["a",0],"x":0.5,"y":1.5}')).toEqual({ path: ['a', 0], x: 0.5, y: 1.5 });
});

test('a long string with escapes takes no longer than its length', () => {
  const text = JSON.stringify({ a: '\\"'.repeat(500_000), b: 1.5 }).replace('1.5', '1.50');
  const begin = performance.now();
  expect(stringifyExact(parseExact(text))).toBe(text);
  expect(performance.now() - begin).toBeLessThan(2_000);
});
