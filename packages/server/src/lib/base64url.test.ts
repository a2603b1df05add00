import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { base64url, parseBase64url } from './base64url.js';

test('bytes of every length come back', () => {
  for (let length = 0; length < 70; length++) {
    const bytes = randomBytes(length);
    expect(parseBase64url(base64url(bytes))).toEqual(bytes);
  }
});

test('text is written as its UTF-8', () => {
  expect(base64url('{"ü":"🦉"}')).toBe('eyLDvCI6IvCfpokifQ');
});

test('a view writes its own bytes and not those around it', () => {
  const around = Uint8Array.of(1, 2, 3, 4, 5, 6);
  expect(base64url(around.subarray(2, 4))).toBe(base64url(Uint8Array.of(3, 4)));
});

test('the alphabet is the one that is safe in a URL', () => {
  expect(base64url(Uint8Array.of(0xfb, 0xff))).toBe('-_8');
});

test.each([
  ['padding', '-_8='],
  ['the other alphabet', '+/8'],
  ['bits behind the last byte', '-_9'],
  ['a character too many', '-_8AA'],
  ['a space', '-_ 8'],
  ['a line break at its end', '-_8\n'],
  ['letters outside ASCII', 'ı_8A'],
  ['a single character', 'A'],
])('no bytes are read from a text with %s', (_, text) => {
  expect(parseBase64url(text)).toBeUndefined();
});

test('of all endings of a text one is canonical', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const read = [...alphabet].filter((last) => parseBase64url(`A${last}`) !== undefined);
  expect(read).toEqual(['A', 'Q', 'g', 'w']);
});
