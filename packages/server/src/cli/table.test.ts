import { expect, test } from 'vitest';
import { counted, safeJson, table } from './table.js';

test('cells stand in columns, and no line ends with spaces', () => {
  expect(
    table([
      ['ID', 'SCOPE'],
      ['ada', ''],
      ['somebody', 'a b'],
    ]),
  ).toBe('ID        SCOPE\nada\nsomebody  a b\n');
});

// A header can carry U+0080 to U+009F; U+009B begins an escape sequence as ESC [ does.
const hostile = 'curl\u009b2J\u001b[31m\t\r\n\u202etxt.exe\u2028';

test('what a caller sent does not steer the terminal', () => {
  expect(table([['PROGRAM'], [hostile]])).toBe(
    'PROGRAM\ncurl\ufffd2J\ufffd[31m\ufffd\ufffd\ufffd\ufffdtxt.exe\ufffd\n',
  );
});

test('JSON has it escaped, and is the same JSON', () => {
  const json = safeJson({ userAgent: hostile });
  expect(json).toMatch(/^[\x20-\x7e]+$/);
  expect(JSON.parse(json)).toEqual({ userAgent: hostile });
});

test.each([
  [0, 'no session'],
  [1, '1 session'],
  [2, '2 sessions'],
])('%d is "%s"', (count, words) => {
  expect(counted(count, 'session')).toBe(words);
});
