import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { base64url } from '../../lib/base64url.js';
import type { KeyRing } from '../secret.js';
import { formatRefreshToken, parseRefreshToken } from './refresh-token.js';

const key: KeyRing = [randomBytes(32)];
const sessionId = base64url(randomBytes(16));
const token = formatRefreshToken(key, { sessionId, generation: 41 });
const prefix = 'lk_rt_';

test('a refresh token is lk_rt_ and 56 characters that need no escaping anywhere', () => {
  expect(token).toMatch(/^lk_rt_[A-Za-z0-9_-]{56}$/);
});

test.each([0, 1, 255, 256, 2 ** 32 + 5, 2 ** 48 - 1])('it tells its session and generation %d', (generation) => {
  const content = { sessionId, generation };
  expect(parseRefreshToken(key, formatRefreshToken(key, content))).toEqual(content);
});

test('it is the same each time for a session and a generation, and another for any other', () => {
  expect(formatRefreshToken(key, { sessionId, generation: 41 })).toBe(token);
  expect(formatRefreshToken(key, { sessionId, generation: 42 })).not.toBe(token);
  expect(formatRefreshToken(key, { sessionId: base64url(randomBytes(16)), generation: 41 })).not.toBe(token);
  expect(formatRefreshToken([randomBytes(32)], { sessionId, generation: 41 })).not.toBe(token);
});

test('with any one of its bits turned it is refused', () => {
  const bytes = Buffer.from(token.slice(prefix.length), 'base64url');
  expect(parseRefreshToken(key, prefix + bytes.toString('base64url'))).toBeDefined();
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const damaged = Buffer.from(bytes);
    damaged.writeUInt8(damaged.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
    expect(parseRefreshToken(key, prefix + damaged.toString('base64url')), `bit ${bit}`).toBeUndefined();
  }
});

test('cut off anywhere it is refused', () => {
  for (let length = 0; length < token.length; length++) {
    expect(parseRefreshToken(key, token.slice(0, length)), `${length} characters`).toBeUndefined();
    expect(parseRefreshToken(key, token.slice(token.length - length)), `the last ${length}`).toBeUndefined();
  }
});

test('under another key it is refused', () => {
  expect(parseRefreshToken([randomBytes(32)], token)).toBeUndefined();
  expect(parseRefreshToken([Buffer.alloc(32)], token)).toBeUndefined();
});

test('while the secret is changed, what either key made is read, and the first makes all that is new', () => {
  const other = randomBytes(32);
  const content = { sessionId, generation: 41 };
  for (const ring of [
    [key[0], other],
    [other, key[0]],
    [other, randomBytes(32), key[0]],
  ] as const) {
    expect(parseRefreshToken(ring, token)).toEqual(content);
    expect(formatRefreshToken(ring, content)).toBe(formatRefreshToken([ring[0]], content));
  }
  expect(parseRefreshToken([other, randomBytes(32)], token)).toBeUndefined();
});

/** A token in which base64url differs from base64. */
function tokenWith(character: '-' | '_'): string {
  for (let generation = 0; ; generation++) {
    const each = formatRefreshToken(key, { sessionId, generation });
    if (each.slice(prefix.length).includes(character)) return each;
  }
}

test.each([
  ['base64 instead of base64url (+)', prefix + tokenWith('-').slice(prefix.length).replaceAll('-', '+')],
  ['base64 instead of base64url (/)', prefix + tokenWith('_').slice(prefix.length).replaceAll('_', '/')],
  ['padding', `${token}==`],
  ['padding in the place of characters', `${token.slice(0, -2)}==`],
  ['a space before it', ` ${token}`],
  ['a line break behind it', `${token}\n`],
  ['a space inside, which a lenient decoder skips', `${token.slice(0, 20)} ${token.slice(20)}`],
  ['a NUL in it', `${token.slice(0, 20)}\0${token.slice(21)}`],
  ['its prefix in upper case', token.replace(prefix, 'LK_RT_')],
  ['no prefix', token.slice(prefix.length)],
  ['its prefix twice', prefix + token],
  ['characters outside ASCII', `${prefix}${'ı'.repeat(56)}`],
  ['nothing', ''],
  ['a megabyte', prefix + 'A'.repeat(1_000_000)],
  ['a MAC of zeros', prefix + base64url(Buffer.concat([Buffer.from(sessionId, 'base64url'), Buffer.alloc(26)]))],
])('it is refused with %s', (_, text) => {
  expect(parseRefreshToken(key, text)).toBeUndefined();
});
