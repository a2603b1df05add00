import { expect, test } from 'vitest';
import { fieldLines } from './request-head.js';

test('header fields are written one to a line', () => {
  expect(fieldLines(['accept', 'a/b', 'x-y', 'caf\xe9\t'])).toBe('accept: a/b\r\nx-y: caf\xe9\t\r\n');
  expect(fieldLines([])).toBe('');
});

test.each([
  ['a line feed', 'a\nb'],
  ['a carriage return', 'a\rb'],
  ['a whole line', 'a\r\nx-forged: 1'],
  ['a NUL', 'a\0'],
  ['DEL', 'a\x7f'],
  ['a character of which one byte would be a line feed', 'a\u010ab'],
  ['a letter of more than a byte', 'ł'],
])('a value with %s is refused, also where that name had a good one before', (_, value) => {
  fieldLines(['x-known', 'good']);
  for (const name of ['x-known', 'x-new']) expect(() => fieldLines([name, value])).toThrow(TypeError);
  expect(fieldLines(['x-known', 'good'])).toBe('x-known: good\r\n');
});

test.each(['', 'a b', 'a:', 'a\r\nb', 'ü', 'a\0'])('the name %j is refused', (name) => {
  for (let i = 0; i < 2; i++) expect(() => fieldLines([name, 'x'])).toThrow(TypeError);
});

test.each(['Host', 'content-length', 'Transfer-Encoding', 'connection', 'upgrade', 'expect', 'te', 'trailer'])(
  'nobody else sets %s',
  (name) => {
    for (let i = 0; i < 2; i++) expect(() => fieldLines([name, 'x'])).toThrow(TypeError);
  },
);

test('other names are still checked after as many as are remembered', () => {
  for (let i = 0; i < 2_000; i++) fieldLines([`x-${i}`, 'x']);
  expect(() => fieldLines(['x-late', 'a\nb'])).toThrow(TypeError);
  expect(() => fieldLines(['x late', 'a'])).toThrow(TypeError);
});
