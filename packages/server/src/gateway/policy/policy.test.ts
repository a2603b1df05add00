import { buildSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { findUnknownCoordinates } from './coordinates.js';
import { describeNeed, missingScope } from './needs.js';
import { createPolicy } from './policy.js';
import { reportPolicy } from './report.js';
import type { Rules } from './rules.js';

const schema = buildSchema(`
  schema { query: Root mutation: Mutation }
  interface Named { name: String }
  type Root { user: User users: [User!]! adminList: [Admin] adminCount: Int named: Named secret: Secret }
  type User implements Named { name: String email: String }
  type Admin implements Named { name: String email: String keys: [Key!]! }
  type Secret { value: String }
  enum Level { ONE }
  input Where { level: Level }
  scalar Key
  type Mutation { addUser(name: String, where: Where): User }`);

const scopes = (...names: string[]) => ({ scopes: [names] });

/** What a field needs, in words. */
function needs(rules: Rules, coordinate: string, of = schema): string {
  const [type = '', field = ''] = coordinate.split('.');
  return describeNeed(createPolicy(rules, of).needOfField(type, field));
}

describe('without a rule', () => {
  test('a root field needs a token and what is below it nothing more', () => {
    expect(needs({}, 'Root.user')).toBe('a token');
    expect(needs({}, 'Mutation.addUser')).toBe('a token');
    expect(needs({}, 'User.email')).toBe('nothing');
  });

  test('there is nothing to hold documents to', () => {
    expect(createPolicy({}, schema).hasRules).toBe(false);
    expect(createPolicy({ 'Root.user': 'public' }, schema).hasRules).toBe(true);
  });

  test('a field that the schema does not have is for nobody', () => {
    expect(needs({}, 'Root.gone')).toBe('denied');
  });
});

describe('of the patterns that match', () => {
  test.each<[string, Rules, string, string]>([
    [
      'a coordinate comes before any wildcard',
      { 'User.*': 'denied', '*.email': 'denied', 'User.email': 'public' },
      'User.email',
      'nothing',
    ],
    [
      'a whole type comes before wildcards in both parts',
      { '*.*': 'denied', 'User.*': 'public' },
      'User.email',
      'nothing',
    ],
    [
      'a whole field name comes before wildcards in both parts',
      { '*.*': 'denied', '*.email': 'public' },
      'User.email',
      'nothing',
    ],
    [
      'a whole type and a whole field name both hold',
      { 'User.*': scopes('a'), '*.email': scopes('b') },
      'User.email',
      '(a) and (b)',
    ],
    [
      'more letters come before fewer',
      { 'Root.*': 'public', 'Root.admin*': scopes('admin') },
      'Root.adminList',
      'admin',
    ],
    [
      'more letters come before fewer, in the type',
      { '*.name': 'denied', 'Us*.name': 'public' },
      'User.name',
      'nothing',
    ],
    ['equal ones both hold', { 'Root.a*t': scopes('a'), 'Root.ad*': scopes('b') }, 'Root.adminList', '(a) and (b)'],
    ['Query is the query root whatever its name', { 'Query.user': 'public' }, 'Root.user', 'nothing'],
    ['the name of the query root is good too', { 'Root.user': 'public' }, 'Root.user', 'nothing'],
    ['* alone in both parts is every field', { '*.*': 'authenticated' }, 'User.email', 'a token'],
  ])('%s', (_, rules, coordinate, expected) => {
    expect(needs(rules, coordinate)).toBe(expected);
  });
});

describe('a rule for a type', () => {
  const rules: Rules = { Admin: scopes('admin'), Key: scopes('keys'), 'Root.adminList': 'public' };

  test('holds for its fields and for those that return it, whatever their own rules are', () => {
    expect(needs(rules, 'Admin.email')).toBe('admin');
    expect(needs(rules, 'Root.adminList')).toBe('admin');
    expect(needs(rules, 'User.email')).toBe('nothing');
  });

  test('can be for a scalar', () => {
    expect(needs(rules, 'Admin.keys')).toBe('(admin) and (keys)');
  });

  test('does not loosen what a field needs', () => {
    expect(needs({ User: 'public' }, 'Root.user')).toBe('a token');
  });

  test('can have wildcards, the narrower of which holds', () => {
    expect(needs({ '*': scopes('any'), 'Sec*': 'denied' }, 'Secret.value')).toBe('denied');
  });
});

test('a field asked through an interface needs what it needs on every type behind it', () => {
  expect(needs({ 'Named.name': scopes('a'), 'Admin.name': scopes('b') }, 'Named.name')).toBe('(a) and (b)');
  expect(needs({ 'Named.name': scopes('a') }, 'User.name')).toBe('nothing');
});

describe('directives of the SDL', () => {
  const directives = `
    directive @authenticated on OBJECT | FIELD_DEFINITION | INTERFACE | SCALAR | ENUM
    directive @requiresScopes(scopes: [[String!]!]!) on OBJECT | FIELD_DEFINITION | INTERFACE | SCALAR | ENUM
    directive @link(url: String! as: String import: [Any]) repeatable on SCHEMA
    scalar Any`;
  const written = (sdl: string) => buildSchema(`${directives}\n${sdl}`);

  test.each([
    ['on a field', 'type Query { a: Int @requiresScopes(scopes: [["x", "y"], ["z"]]) }', 'x + y or z'],
    ['on a field twice', 'type Query { a: Int @authenticated @requiresScopes(scopes: [["x"]]) }', 'x'],
    ['on a type', 'type Query { a: T } type T @requiresScopes(scopes: [["x"]]) { b: Int }', 'x'],
    [
      'on an extension of a type',
      'type Query { a: T } type T { b: Int } extend type T @requiresScopes(scopes: [["x"]])',
      'x',
    ],
    ['on an interface', 'type Query { a: I } interface I @requiresScopes(scopes: [["x"]]) { b: Int }', 'x'],
    ['on a scalar', 'type Query { a: S } scalar S @requiresScopes(scopes: [["x"]])', 'x'],
    ['on an enum', 'type Query { a: [E!] } enum E @requiresScopes(scopes: [["x"]]) { ONE }', 'x'],
    ['with one scope that is in no list', 'type Query { a: Int @requiresScopes(scopes: "x") }', 'x'],
    [
      'with no scope that anybody could have',
      'type Query { a: Int @requiresScopes(scopes: []) }',
      'a scope nobody has',
    ],
    ['with what is no scope', 'type Query { a: Int @requiresScopes(scopes: [[""]]) }', 'a scope nobody has'],
  ])('hold %s', (_, sdl, expected) => {
    const of = written(sdl);
    expect(needs({}, 'Query.a', of)).toBe(expected);
    expect(createPolicy({}, of).hasRules).toBe(true);
  });

  test.each([
    ['an alias', 'import: [{ name: "@requiresScopes", as: "@needs" }]', '@needs'],
    ['a namespace', 'as: "fed"', '@fed__requiresScopes'],
    ['the usual namespace', 'import: ["@key"]', '@federation__requiresScopes'],
  ])('hold under the name that @link gives them: %s', (_, link, name) => {
    const of = buildSchema(
      `${directives} directive ${name}(scopes: [[String!]!]!) on FIELD_DEFINITION
       schema @link(url: "https://specs.apollo.dev/federation/v2.5" ${link}) { query: Query }
       type Query { a: Int ${name}(scopes: [["x"]]) }`,
    );
    expect(needs({}, 'Query.a', of)).toBe('x');
  });

  test('are tightened by the configuration and never loosened', () => {
    const of = written('type Query { a: Int @requiresScopes(scopes: [["x"]]) b: Int @authenticated }');
    expect(needs({ 'Query.a': 'public' }, 'Query.a', of)).toBe('x');
    expect(needs({ 'Query.a': scopes('y') }, 'Query.a', of)).toBe('(y) and (x)');
    expect(needs({ 'Query.b': 'public' }, 'Query.b', of)).toBe('a token');
    expect(needs({ 'Query.b': 'denied' }, 'Query.b', of)).toBe('denied');
  });
});

test('the scope that is asked for is the one that lacks least', () => {
  const policy = createPolicy({ 'Root.user': { scopes: [['a', 'b'], ['c']] }, 'Root.users': scopes('d') }, schema);
  const wanted = ['user', 'users'].map((field) => policy.needOfField('Root', field));
  expect(missingScope(wanted, '')).toBe('c d');
  expect(missingScope(wanted, 'd')).toBe('c');
});

test('callers who differ in nothing that a rule asks for are one', () => {
  const policy = createPolicy({ 'Root.user': scopes('a') }, schema);
  expect(policy.accessOf('a b')).toBe(policy.accessOf('c a'));
  expect(policy.accessOf('aa')).toBe(policy.accessOf(''));
  expect(policy.accessOf(undefined)).not.toBe(policy.accessOf(''));
});

test.each<[string, string | undefined]>([
  ['Root.usr', 'Root.user'],
  ['Query.usr', 'Query.user'],
  ['Usr', 'User'],
  ['User.emial', 'User.email'],
  ['Usr.email', 'User.email'],
  ['Nothing.like.it', undefined],
  ['Gone*', undefined],
  ['Where', undefined],
  ['Root.gone*', undefined],
])('a rule for %s, which holds for nothing, is found', (coordinate, nearest) => {
  const rules: Rules = {
    [coordinate]: 'denied',
    'Root.user': 'public',
    'Query.us*': 'public',
    Level: 'denied',
    '*.name': 'public',
  };
  const [unknown, ...more] = findUnknownCoordinates(rules, schema);
  expect(more).toEqual([]);
  expect(unknown).toMatchObject({ coordinate, nearest });
});

test('a report says of each root field what it needs, and of the others where they need something', () => {
  const { roots, below } = reportPolicy({ 'Root.user': 'public', 'User.email': scopes('x') }, schema, undefined);
  expect(roots.map(({ operation, type, fields }) => [operation, type, fields.length])).toEqual([
    ['query', 'Root', 6],
    ['mutation', 'Mutation', 1],
  ]);
  expect(roots[0]?.fields[0]).toMatchObject({ coordinate: 'Root.user', isMet: true });
  expect(below.map(({ coordinate, isMet }) => [coordinate, isMet])).toEqual([['User.email', false]]);
});
