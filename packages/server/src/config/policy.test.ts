import { describe, expect, test } from 'vitest';
import { loadConfig } from './load.js';

const load = (policy: unknown) =>
  loadConfig({ flags: { config: 'c.json' }, readFile: () => JSON.stringify({ policy }) }).policy;

test('a policy is read from the file', () => {
  const policy = {
    'Query.companies': { scopes: [['companies:read'], ['a', 'b']] },
    'Query.status': 'public',
    'Query.admin*': 'denied',
    '*.*': 'authenticated',
    'User.*': 'authenticated',
    '*.email': 'denied',
    Company: 'authenticated',
    '*Secret': 'denied',
  };
  expect(load(policy)).toEqual(policy);
});

describe('a policy that cannot be used stops the start with one line:', () => {
  test.each([
    ['a rule that is no word', { 'Query.a': 'open' }, '"open"'],
    ['a rule without scopes', { 'Query.a': {} }, '{}'],
    ['a rule with more than scopes', { 'Query.a': { scopes: [['x']], mode: 1 } }, '{"scopes":[["x"]],"mode":1}'],
    ['scopes in one list', { 'Query.a': { scopes: ['x'] } }, '{"scopes":["x"]}'],
    ['scopes that nobody could have', { 'Query.a': { scopes: [] } }, '{"scopes":[]}'],
    ['scopes that everybody has', { 'Query.a': { scopes: [[]] } }, '{"scopes":[[]]}'],
    ['a scope with a space', { 'Query.a': { scopes: [['x y']] } }, '{"scopes":[["x y"]]}'],
    ['a scope that is a number', { 'Query.a': { scopes: [[1]] } }, '{"scopes":[[1]]}'],
    ['null', { 'Query.a': null }, 'null'],
    ['an argument', { 'Query.a(b:)': 'denied' }, '"Query.a(b:)"'],
    ['three parts', { 'Query.a.b': 'denied' }, '"Query.a.b"'],
    ['an empty name', { 'Query.': 'denied' }, '"Query."'],
    ['introspection', { 'Query.__schema': 'denied' }, '"Query.__schema"'],
  ])('%s', (_, policy, wrong) => {
    expect(() => load(policy)).toThrow(
      `, in which ${wrong} is wrong: policy must be an object from a schema coordinate`,
    );
    expect(() => load(policy)).toThrow(/^[^\n]*$/);
  });

  test('a list', () => expect(() => load([])).toThrow('"policy" in c.json is []: policy must be'));
});

test('a mode that is not there is refused', () => {
  const env = { LATCHKEY_POLICY_MODE: 'hide' };
  expect(() => loadConfig({ env })).toThrow('policyMode must be one of filter, reject.');
});
