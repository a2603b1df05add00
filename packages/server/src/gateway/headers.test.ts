import { describe, expect, test } from 'vitest';
import { droppedBesides, requestHeaders } from './headers.js';

describe('the header fields of a request', () => {
  test('go on in lower case, in their order, also two of one name', () => {
    expect(requestHeaders(['X-B', '1', 'Accept', '*/*', 'x-b', '2'])).toEqual([
      'x-b',
      '1',
      'accept',
      '*/*',
      'x-b',
      '2',
    ]);
  });

  test.each([
    'Authorization',
    'AUTHORISATION',
    'Proxy-Authorization',
    'Cookie',
    'Host',
    'Content-Length',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'Origin',
    'Referer',
    'Forwarded',
    'X-Forwarded-For',
    'X-Forwarded-Host',
    'X-Forwarded-Proto',
    'X-Forwarded-Port',
    'X-Forwarded-User',
    'X-Real-IP',
    'True-Client-IP',
    'X-Request-Id',
    'X-Latchkey-User',
    'x-latchkey-',
    'X_Latchkey_User',
    'x-latchkey_scope',
    'X_Forwarded_For',
    'proxy_authorization',
    'X.Latchkey.User',
    "X'Latchkey~User-Id",
    'authorisation',
  ])('do not go on where they are called %s', (name) => {
    expect(requestHeaders([name, 'x', 'x-mine', 'kept'])).toEqual(['x-mine', 'kept']);
  });

  test('do not go on where Connection names them, in one field of it or in several', () => {
    const raw = [
      'X-A',
      '1',
      'Connection',
      'close, x-a',
      'X-B',
      '2',
      'connection',
      'X-C ,x-d',
      'x-c',
      '3',
      'X-D',
      '4',
      'X-E',
      '5',
    ];
    expect(requestHeaders(raw)).toEqual(['x-b', '2', 'x-e', '5']);
  });

  test('are not read as names where they are values', () => {
    expect(requestHeaders(['x-a', 'cookie', 'x-b', 'x-a', 'connection', 'x-b'])).toEqual(['x-a', 'cookie']);
  });

  test('go on with the first of two content types, which is the one that was looked at', () => {
    expect(requestHeaders(['Content-Type', 'a', 'x-a', '1', 'content-type', 'b'])).toEqual([
      'content-type',
      'a',
      'x-a',
      '1',
    ]);
  });

  test('go on without those that the caller of this function names', () => {
    expect(requestHeaders(['Content-Type', 'a', 'Accept', 'b'], new Set(['content-type']))).toEqual(['accept', 'b']);
  });
});

describe('header fields that are dropped besides', () => {
  const dropped = droppedBesides(['x-api-key', 'x-user'], ['x-hasura-']);

  test.each([
    'X-Api-Key',
    'X_API_KEY',
    'x.api_key',
    'X-User',
    'x*user',
    'X-Hasura-Role',
    'x_hasura_admin_secret',
    'X-HASURA-',
    'X-Latchkey-User-Id',
    'Authorization',
    'X-Forwarded-For',
  ])('do not go on where they are called %s, however often', (name) => {
    const raw = [name, 'a', 'X-Mine', 'kept', name.toUpperCase(), 'b'];
    expect(requestHeaders(raw, undefined, dropped)).toEqual(['x-mine', 'kept']);
  });

  test('are the same after any number of other names, and however long they are', () => {
    const own = droppedBesides(['x-user'], []);
    const long = `x-${'y'.repeat(200)}`;
    for (let i = 0; i < 1_200; i++) requestHeaders([`X-Noise-${i}`, ''], undefined, own);
    for (let i = 0; i < 2; i++) {
      const raw = ['X-User', 'a', 'X-Noise-1', 'b', long.toUpperCase(), 'c', `X-Latchkey-${long}`, 'd'];
      expect(requestHeaders(raw, undefined, own)).toEqual(['x-noise-1', 'b', long, 'c']);
    }
  });

  test('are no more than those', () => {
    const raw = ['X-User-Agent', 'a', 'X-Hasura', 'b', 'X-Latchkey', 'c', 'My-X-User', 'd'];
    expect(requestHeaders(raw, undefined, dropped)).toHaveLength(8);
  });
});
