import { buildSchema, printSchema, validateSchema } from 'graphql';
import { expect, test } from 'vitest';
import { companiesSdl } from '../../../test/policy-upstream.js';
import { restrictSchema } from './restrict-schema.js';

/** What is left of a schema without these coordinates. */
function without(sdl: string, ...hidden: string[]): string {
  const restricted = restrictSchema(buildSchema(sdl), (type, field) => !hidden.includes(`${type}.${field}`));
  expect(validateSchema(restricted)).toEqual([]);
  return printSchema(restricted);
}

test.each([
  ['a type that only a hidden field returns', 'type Query { a: Int b: B } type B { c: Int }', ['Query.b'], /type B/],
  [
    'a type with no field left, and the fields that return it',
    'type Query { a: Int b: [B!]! } type B { c: Int }',
    ['B.c'],
    /\bb:|type B/,
  ],
  ['a union with no member left', 'type Query { a: Int u: U } union U = B type B { c: Int }', ['B.c'], /\bu:|union U/],
  [
    'a member with nothing left',
    'type Query { u: U } union U = A | B type A { a: Int } type B { c: Int }',
    ['B.c'],
    /\bB\b/,
  ],
  [
    'an interface with no field left',
    'type Query { a: A } interface I { i: Int } type A implements I { i: Int a: Int }',
    ['I.i'],
    /interface I|implements/,
  ],
  [
    'the field of an interface that a type of it lost',
    'type Query { i: I a: A } interface I { i: Int j: Int } type A implements I { i: Int j: Int }',
    ['A.i', 'Query.none'],
    /\bi: Int/,
  ],
  [
    'the type of an argument that went',
    'type Query { a: Int b(in: In): Int } input In { e: E } enum E { ONE }',
    ['Query.b'],
    /input In|enum E/,
  ],
  [
    'a type behind an interface that no field returns',
    'type Query { a: A b: B } interface I { i: Int } type A implements I { i: Int } type B implements I { i: Int }',
    ['Query.b'],
    /type B/,
  ],
])('with a hidden field goes %s', (_, sdl, hidden, gone) => {
  expect(without(sdl, ...hidden)).not.toMatch(gone);
});

test('a chain of thousands of types is followed to its end', () => {
  const chain = Array.from({ length: 4_000 }, (_, index) => `type T${index} { next: T${index + 1} }`);
  const schema = buildSchema(`type Query { first: T0 } ${chain.join(' ')} type T4000 { end: Int }`, {
    assumeValid: true,
  });
  const restricted = restrictSchema(schema, (type) => type !== 'T4000');
  // With its end all of it falls away, and with that the query root.
  expect(restricted.getType('T0')).toBeUndefined();
  expect(restrictSchema(schema, () => true).getType('T4000')).toBeDefined();
});

test('what is left is as it was', () => {
  const sdl = `"""About"""
directive @d(e: E) on FIELD

type Query {
  """Says it."""
  a(x: [In!]! = [{ e: ONE }]): A @deprecated(reason: "old")
  i: I
}

interface I {
  i: Int!
}

type A implements I {
  i: Int!
  u: [U!]!
}

type B implements I {
  i: Int!
}

union U = A | B

input In {
  e: E = ONE
}

enum E {
  ONE
}

scalar S @specifiedBy(url: "https://example.com")

type Mutation {
  m: S
}`;
  expect(without(sdl)).toBe(printSchema(buildSchema(sdl)));
});

test('whatever is hidden, what is left is a schema', () => {
  const types = buildSchema(companiesSdl).getTypeMap();
  const all = Object.values(types).flatMap((type) =>
    'getFields' in type && !type.name.startsWith('__')
      ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)
      : [],
  );
  let state = 7;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  for (let round = 0; round < 200; round++) {
    const share = next();
    without(companiesSdl, ...all.filter((coordinate) => coordinate !== 'Query.status' && next() < share));
  }
});
