import { buildSchema, parse, printSchema, validateSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { mergeSchemas, NameClashError, rootNames } from './schema.js';

const own = parse('type Query { me: Me! } type Mutation { signIn(a: In): Me } type Me { id: ID! } input In { a: Int }');
const merge = (sdl: string, rename = {}) => mergeSchemas(buildSchema(sdl), own, rename);

describe('our schema in that of the upstream', () => {
  test('adds our fields to its root types, and our types', () => {
    const merged = merge('"""Theirs""" type Query { a: A } type Mutation { b: Int @deprecated } type A { id: ID }');
    expect(validateSchema(merged)).toEqual([]);
    expect(printSchema(merged)).toBe(
      printSchema(
        buildSchema(`
          """Theirs""" type Query { a: A me: Me! } type Mutation { b: Int @deprecated signIn(a: In): Me }
          type A { id: ID } type Me { id: ID! } input In { a: Int }`),
      ),
    );
  });

  test('leaves the schema of the upstream as it was', () => {
    const upstream = buildSchema('type Query { a: Int }');
    mergeSchemas(upstream, own);
    expect(printSchema(upstream)).toBe('type Query {\n  a: Int\n}');
  });

  test('follows the names of its root types', () => {
    const merged = merge('schema { query: Q mutation: M } type Q { a: Int } type M { b: Int }');
    expect(rootNames(merged)).toEqual({ Query: 'Q', Mutation: 'M' });
    expect(Object.keys(merged.getQueryType()?.getFields() ?? {})).toEqual(['a', 'me']);
    expect(merged.getType('Query')).toBeUndefined();
  });

  test('brings the mutation type where there is none', () => {
    const merged = merge('type Query { a: Int }');
    expect(rootNames(merged)).toEqual({ Query: 'Query', Mutation: 'Mutation' });
    expect(validateSchema(merged)).toEqual([]);
  });

  test('keeps the subscription type and the directives', () => {
    const merged = merge('directive @x on FIELD type Query { a: Int } type Subscription { s: Int }');
    expect(merged.getSubscriptionType()?.name).toBe('Subscription');
    expect(merged.getDirective('x')?.locations).toEqual(['FIELD']);
  });
});

describe('a name that both have', () => {
  test.each([
    ['a query field', 'type Query { me: Int }', 'Query.me', '{"rename":{"Query.me":"latchkeyMe"}}'],
    [
      'a mutation field',
      'type Query { a: Int } type Mutation { signIn: Int }',
      'Mutation.signIn',
      '{"rename":{"Mutation.signIn":"latchkeySignIn"}}',
    ],
    ['a type', 'type Query { a: Me } type Me { a: Int }', 'Me', '{"rename":{"Me":"LatchkeyMe"}}'],
    ['an input type', 'type Query { a(b: In): Int } enum In { A }', 'In', '{"rename":{"In":"LatchkeyIn"}}'],
  ])('that is %s is an error with the setting that mends it', (_, sdl, name, setting) => {
    expect(() => merge(sdl)).toThrow(
      new NameClashError(
        `The upstream has ${name}, and so does Latchkey. Rename ours in the configuration file: ${setting}`,
      ),
    );
  });

  test('that we were renamed to is blamed on the setting that did it', () => {
    const renamed = { 'Query.viewer': 'me', Viewer: 'Me' };
    expect(() => merge('type Query { me: Int }', renamed)).toThrow('{"rename":{"Query.viewer":"latchkeyMe"}}');
    expect(() => merge('type Query { a: Me } scalar Me', renamed)).toThrow('{"rename":{"Viewer":"LatchkeyMe"}}');
  });

  test.each([
    'type Query { signIn: Int }',
    'type Query { a: A } type A { me: Int signIn: Int }',
    'type Query { a: Int } type Mutation { me: Int }',
  ])('is none where it is in another place: %s', (sdl) => {
    expect(validateSchema(merge(sdl))).toEqual([]);
  });
});
