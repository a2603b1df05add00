import { expect, test } from 'vitest';
import { afterString } from './json-string.js';

test.each(['""', '"a"', '"\\""', '"\\\\"', '"\\\\\\""', '"[{:,}]"', '"é 🏊"', '"\\u0022"'])(
  'the string %s ends where it does, whatever is behind it',
  (text) => {
    expect(afterString(text, 0)).toBe(text.length);
    expect(afterString(`[ ${text},"\\"" ]`, 2)).toBe(2 + text.length);
  },
);

test.each(['"', '"a', '"a\\"', '"\\\\\\"'])('a string without an end goes to the end of the text: %s', (text) => {
  expect(afterString(text, 0)).toBe(text.length);
});

test('a string is passed in time that grows with it only', () => {
  for (const text of ['"'.repeat(1_000_000), '\\'.repeat(1_000_000)]) {
    const json = JSON.stringify(text);
    const start = performance.now();
    expect(afterString(json, 0)).toBe(json.length);
    expect(performance.now() - start).toBeLessThan(200);
  }
});
