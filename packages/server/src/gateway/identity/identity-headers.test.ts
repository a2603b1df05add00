import { expect, test } from 'vitest';
import { factsOf } from './facts.js';
import { anonymousHeaders, encodeForHeader, fillHeaders } from './identity-headers.js';

test.each([
  ['ada@example.com', 'ada@example.com'],
  ['companies:read a/b.c~d', 'companies:read a/b.c~d'],
  ['zoë@例え.jp', 'zo%C3%AB@%E4%BE%8B%E3%81%88.jp'],
  ['🦄@example.com', '%F0%9F%A6%84@example.com'],
  ['a\r\nX-Admin: true', 'a%0D%0AX-Admin: true'],
  ['a;role=admin,"b\\', 'a%3Brole%3Dadmin%2C%22b%5C'],
  ['100%41@example.com', '100%2541@example.com'],
  ['a\u0000\u007f\u0085', 'a%00%7F%C2%85'],
])('%j is written %s, and read back by decodeURIComponent', (text, encoded) => {
  expect(encodeForHeader(text)).toBe(encoded);
  expect(decodeURIComponent(encoded)).toBe(text);
});

test('half of a surrogate pair is no way out of a header', () => {
  expect(encodeForHeader('a\ud800b')).toBe('a%EF%BF%BDb');
});

test('what the template says itself stays as it is', () => {
  const facts = factsOf({ userId: 'u', sessionId: 's', scope: '', expiresAt: 0 }, 'a;b@example.com', 'user');
  expect(fillHeaders({ 'X-Who': 'id={userId}; name={userName}', 'X-Scope': '{scope}' }, facts)).toEqual([
    'x-who',
    'id=u; name=a%3Bb@example.com',
    'x-scope',
    '',
  ]);
});

test('without a token nothing is said, but where silence would mean more than a role', () => {
  expect(anonymousHeaders({ 'X-User': '{userId}' })).toEqual([]);
  expect(anonymousHeaders({ 'X-HASURA-ROLE': '{role}', 'X-User': '{userId}' })).toEqual(['x-hasura-role', 'anonymous']);
});
