import { describe, expect, test } from 'vitest';
import { factsOf, fill, mergeTemplates, needsUserName } from './facts.js';

const claims = (scope: string) => ({ userId: 'u1', sessionId: 's1', scope, expiresAt: 0 });
const facts = factsOf(claims('companies:read role:editor'), 'ada@example.com', 'user');

describe('roles', () => {
  test.each<[string, string, readonly string[]]>([
    ['', 'user', ['user']],
    ['companies:read', 'user', ['user']],
    ['role:', 'user', ['user']],
    ['role:editor', 'editor', ['editor']],
    ['role:admin role:editor', 'admin', ['admin', 'editor']],
    ['role:admin role:user', 'user', ['admin', 'user']],
    ['xrole:admin', 'user', ['user']],
  ])('of the scope "%s": %s of %j', (scope, role, roles) => {
    expect(factsOf(claims(scope), '', 'user')).toMatchObject({ role, roles });
  });
});

test('facts are put into every text, lists stay lists, and the rest stays as it is', () => {
  const template = { a: '{userId}/{sessionId}', b: ['{scopes}', 1, null, true], c: { d: '{roles}', e: '{scope}' } };
  expect(fill(template, facts)).toEqual({
    a: 'u1/s1',
    b: [['companies:read', 'role:editor'], 1, null, true],
    c: { d: ['editor'], e: 'companies:read role:editor' },
  });
});

test('a name that looks like a placeholder is just a name', () => {
  const sly = factsOf(claims(''), '{userId}@example.com', 'user');
  expect(fill('{userName}', sly)).toBe('{userId}@example.com');
});

test('the name is needed only where a template says it, however deep', () => {
  expect(needsUserName({ a: '{userId}', b: ['{scopes}', 1, null] })).toBe(false);
  expect(needsUserName({ a: [{ b: ['x {userName}'] }] })).toBe(true);
});

test('of two templates objects are made one, and else the second wins', () => {
  const merged = mergeTemplates({ a: { x: 1, y: 2 }, b: 1, c: [1] }, { a: { y: 3, z: 4 }, b: { d: 1 }, c: [2] });
  expect(merged).toEqual({ a: { x: 1, y: 3, z: 4 }, b: { d: 1 }, c: [2] });
});

test('a claim called __proto__ is a claim', () => {
  const merged = mergeTemplates({}, JSON.parse('{ "__proto__": { "admin": true } }'));
  expect(JSON.stringify(fill(merged, facts))).toBe('{"__proto__":{"admin":true}}');
});
