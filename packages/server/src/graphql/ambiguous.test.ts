import { expect, test } from 'vitest';
import { isAmbiguous } from './ambiguous.js';

test.each([
  ['a separator of lines in a comment', '{ a #\u2028 b\n}'],
  ['a separator of paragraphs in the last comment', '{ a }\n# x\u2029y'],
  ['a comment that a carriage return alone ends', '{ a: # x\r b\n}'],
  ['one of several comments', '# a\n# b\r# c\n{ a }'],
  ['a NUL', '{ a # \0\n}'],
])('%s may mean something else to another server', (_, text) => {
  expect(isAmbiguous(text)).toBe(true);
});

test.each([
  ['a comment that a new line ends', '{ a # b\n}'],
  ['a comment that both signs end', '{ a # b\r\n}'],
  ['a carriage return between two words', '{ a\rb }'],
  ['a separator in a string, also behind a #', '{ a(x: "# \u2028", y: """#\u2029\n""") } # c\n'],
  ['no comment at all', '{ a }\r'],
])('%s means the same to all', (_, text) => {
  expect(isAmbiguous(text)).toBe(false);
});
