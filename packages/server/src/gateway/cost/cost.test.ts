import { buildSchema, type DocumentNode, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { fragmentsOf, type Variables } from '../document.js';
import { mergeSchemas } from '../schema.js';
import { costOf } from './cost.js';

import { createSchemaFacts } from './facts.js';

const plain = buildSchema(`
  interface Node { id: ID! related(first: Int): [Node] }
  type Company implements Node { id: ID! name: String tags: [String] color: Color owner: Person related(first: Int): [Node] staff: [Person] people(first: Int = 20, last: Int, after: String): People grid: [[Person]] }
  type Person implements Node { id: ID! name: String related(first: Int): [Node] companies(limit: Int): [Company] friends: [Person] }
  type People { nodes: [Person] edges: [Edge] totals: [Person] owner: Person }
  type Edge { node: Person cursor: String }
  enum Color { RED }
  union Thing = Company | Person
  type Query { company: Company companies(first: Int, last: Int): [Company] people(first: Int, last: Int): People things: [Thing] search(page: Page): [Company] version: String own(first: Int): [Company] }
  input Page { limit: Int }
  type Mutation { addCompany(name: String): Company addMany: [Company] own: Company }`);

const annotated = buildSchema(`
  directive @cost(weight: String!) on OBJECT | FIELD_DEFINITION | ARGUMENT_DEFINITION | SCALAR | ENUM
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION
  interface Named { name: String }
  type User implements Named @cost(weight: "2") { name: String age: Int @cost(weight: "2.5") score: Score bad: Int @cost(weight: "much") cheap: Int @cost(weight: "-5") friends: [User] @listSize(assumedSize: 7) }
  type Robot implements Named @cost(weight: "30") { name: String @cost(weight: "4") }
  scalar Score @cost(weight: "3")
  type Page { rows: [User] others: [User] }
  input Filter { max: Int inner: Filter }
  type Query {
    user(deep: Boolean @cost(weight: "9")): User @cost(weight: "5")
    users(max: Int, min: Int): [User] @listSize(slicingArguments: ["max", "min"])
    fifty(max: Int): [User] @listSize(assumedSize: 50, slicingArguments: ["max"])
    filtered(filter: Filter = { max: 4 }): [User] @listSize(slicingArguments: ["filter.max", "filter.inner.max"])
    page(size: Int): Page @listSize(slicingArguments: ["size"], sizedFields: ["rows"])
    fixed: Page @listSize(assumedSize: 25, sizedFields: ["rows"])
    expensive(first: Int): [User] @cost(weight: "100")
    named: [Named] @listSize(assumedSize: 3)
  }
  type Mutation { add: User @cost(weight: "1") }`);

const isOperation = (definition: DocumentNode['definitions'][number]): definition is OperationDefinitionNode =>
  definition.kind === Kind.OPERATION_DEFINITION;

function compile(text: string, schema = plain) {
  const document = parse(text);
  const operation = document.definitions.find(isOperation) as OperationDefinitionNode;
  const rules = { facts: createSchemaFacts(schema), listSize: 10, isUpstream: (field: string) => field !== 'own' };
  return costOf(operation, fragmentsOf(document), rules);
}

/** What `text` costs with these variables; null where it has none. */
function cost(text: string, variables: Variables = null, schema = plain): number {
  const compiled = compile(text, schema);
  return typeof compiled === 'number' ? compiled : compiled(variables);
}

const annotatedCost = (text: string, variables: Variables = null) => cost(text, variables, annotated);

describe('without directives', () => {
  test.each([
    ['{ version }', 0],
    ['{ company { name color tags } }', 1],
    ['{ company { owner { name } } }', 2],
    ['{ companies(first: 20) { name } }', 20],
    ['{ companies { name } }', 10],
    ['{ companies(first: 5) { owner { name } staff { name } } }', 5 * (1 + 1 + 10)],
    ['{ company { grid { name } } }', 1 + 10 * 10],
    ['{ a: company { id } b: company { id } }', 2],
    ['{ __typename company { __typename id } }', 1],
    ['{ own(first: 1000) { id } company { id } }', 1],
    ['mutation { addCompany(name: "x") { name } }', 11],
    ['mutation { a: addCompany { name } b: addCompany { name } own { name } }', 22],
    ['mutation { addMany { name } }', 20],
    ['{ nobodyKnows { nor { this } } }', 3],
    ['{ company { id nobodyKnows } }', 2],
    ['subscription { x { y } }', 2],
  ])('%s costs %d', (text, expected) => {
    expect(cost(text)).toBe(expected);
  });

  test.each([
    ['{ people(first: 20) { nodes { name } } }', 1 + 20],
    ['{ people(first: 20) { edges { cursor node { name } } } }', 1 + 20 * 2],
    ['{ people(first: 3) { nodes { friends { name } } } }', 1 + 3 * (1 + 10)],
    ['{ people(last: 20) { nodes { name } owner { id } } }', 1 + 20 + 1],
    ['{ people { nodes { name } } }', 1 + 10],
    ['{ people(first: 1) { totals { name } } }', 1 + 10],
    ['{ people(first: 20) { ...P } } fragment P on People { nodes { name } }', 1 + 20],
    ['{ people(first: 20) { ...P } other: people(first: 3) { ...P } } fragment P on People { nodes { id } }', 22 + 3],
    ['{ people(first: 20) { ... { ... on People { nodes { name } } } } }', 1 + 20],
    ['{ company { people { nodes { name } } } }', 1 + 1 + 20],
  ])('a connection is as long as its arguments say: %s costs %d', (text, expected) => {
    expect(cost(text)).toBe(expected);
  });

  test.each([
    ['{ companies(first: 5, last: 7) { id } }', 7],
    ['{ companies(first: 0) { id } }', 1],
    ['{ companies(first: -1) { id } }', 10],
    ['{ companies(first: -500) { id } }', 500],
    ['{ companies(first: null) { id } }', 10],
    ['{ companies(first: 1, first: 1000) { id } }', 1000],
    ['{ companies(first: 1.5) { id } }', 10],
    ['{ companies(first: 99.5) { id } }', 100],
    ['{ companies(first: "1000") { id } }', 1000],
    ['{ companies(first: "") { id } }', 10],
    ['{ companies(first: RED) { id } }', 10],
    ['{ companies(first: [1]) { id } }', 10],
    ['{ companies(first: { x: 1 }) { id } }', 10],
    ['{ companies(first: 99999999999999999999999999) { id } }', 1e15],
    ['{ search(page: { limit: 1 }) { id } }', 10],
    ['{ companies(first: $n) { id } }', 10],
  ])('odd lengths cost no less: %s costs %d', (text, expected) => {
    expect(cost(text)).toBe(expected);
  });

  test.each([
    ['{ things { ... on Company { owner { id } } ... on Person { id } } }', 10 * (1 + 1)],
    ['{ things { ... on Company { owner { id } } ... on Person { friends { id } } } }', 10 * (1 + 10)],
    ['{ things { ... on Company { owner { id } } ... on Company { staff { id } } } }', 10 * (1 + 1 + 10)],
    ['{ things { ... on Node { related(first: 2) { id } } ... on Person { friends { id } } } }', 10 * (1 + 2 + 10)],
    ['{ things { ...C ...P } } fragment C on Company { owner { id } } fragment P on Person { friends { id } }', 110],
  ])('of the types that an object can have the dearest counts: %s costs %d', (text, expected) => {
    expect(cost(text)).toBe(expected);
  });
});

describe('with the directives of the specification', () => {
  test.each([
    ['{ user { name } }', 5],
    ['{ user { name age score } }', 5 + 2.5 + 3],
    ['{ user(deep: false) { name } }', 5 + 9],
    ['{ user { bad cheap } }', 5],
    ['{ users(max: 5) { name } }', 5 * 2],
    ['{ users(max: 5, min: 50) { name } }', 50 * 2],
    ['{ users { name } }', 10 * 2],
    ['{ fifty { name } }', 50 * 2],
    ['{ fifty(max: 3) { name } }', 3 * 2],
    ['{ fifty(max: null) { name } }', 50 * 2],
    ['{ fifty(max: -1) { name } }', 50 * 2],
    ['{ user { friends { age } } }', 5 + 7 * (2 + 2.5)],
    ['{ filtered(filter: { max: 6 }) { name } }', 6 * 2],
    ['{ filtered(filter: { max: 1, inner: { max: 30 } }) { name } }', 30 * 2],
    ['{ filtered(filter: {}) { name } }', 10 * 2],
    ['{ filtered { name } }', 4 * 2],
    ['{ page(size: 4) { rows { name } others { name } } }', 1 + 4 * 2 + 10 * 2],
    ['{ fixed { rows { name } } }', 1 + 25 * 2],
    ['{ expensive(first: 2) { name } }', 100 + 2 * 2],
    ['{ named { name } }', 3 * (30 + 4)],
    ['{ named { ... on User { age } ... on Robot { name } } }', 3 * (30 + 4)],
    ['mutation { add { name } }', 1],
  ])('%s costs %d', (text, expected) => {
    expect(annotatedCost(text)).toBe(expected);
  });
});

test('the directives of the upstream are there in the schema that has our fields too', () => {
  const merged = mergeSchemas(annotated, parse('type Query { viewer: Viewer } type Viewer { id: ID }'));
  expect(cost('{ fifty { age } }', null, merged)).toBe(50 * (2 + 2.5));
  expect(cost('{ page(size: 4) { rows { name } } }', null, merged)).toBe(1 + 4 * 2);
});

describe('with variables', () => {
  const list = 'query ($n: Int) { companies(first: $n) { id } }';

  test('is a constant where they do not matter', () => {
    expect(
      compile('query ($n: Int, $t: String) { company { id } companies(first: 2) { name @include(if: $t) } }'),
    ).toBe(3);
    expect(compile(list)).toBeTypeOf('function');
  });

  test.each([
    [{ n: 25 }, 25],
    [{ n: 0 }, 1],
    [{ n: -1 }, 10],
    [{ n: -1000 }, 1000],
    [{ n: null }, 10],
    [{}, 10],
    [null, 10],
    [{ n: '1000' }, 1000],
    [{ n: 'much' }, 10],
    [{ n: true }, 10],
    [{ n: [1] }, 10],
    [{ n: { toString: 1 } }, 10],
    [{ n: Number.POSITIVE_INFINITY }, 1e15],
    [{ n: 1.5 }, 10],
    [{ m: 1 }, 10],
  ] as [Variables, number][])('%j decides: %d', (variables, expected) => {
    expect(cost(list, variables)).toBe(expected);
  });

  test.each([
    ['query ($n: Int = 30) { companies(first: $n) { id } }', {}, 30],
    ['query ($n: Int = 30) { companies(first: $n) { id } }', { n: 2 }, 2],
    ['query ($n: Int = 30) { companies(first: $n) { id } }', { n: null }, 10],
    ['query ($n: Int = null) { companies(first: $n) { id } }', {}, 10],
    ['query ($n: Int) { company { people(first: $n) { nodes { id } } } }', {}, 2 + 20],
    ['query ($n: Int) { company { people(first: $n) { nodes { id } } } }', { n: null }, 2 + 10],
    [
      'query ($n: Int) { people(first: $n) { ...P } } fragment P on People { nodes { friends { id } } }',
      { n: 4 },
      1 + 4 * 11,
    ],
    ['query ($n: Int) { ...F } fragment F on Query { companies(first: $n) { id } }', { n: 40 }, 40],
    [
      'query ($n: Int, $m: Int) { companies(first: $n) { people(first: $m) { nodes { id } } } }',
      { n: 30, m: 40 },
      30 * (1 + 1 + 40),
    ],
  ] as [string, Variables, number][])('defaults and fragments count: %s', (text, variables, expected) => {
    expect(cost(text, variables)).toBe(expected);
  });

  test('may stand in an object, or be one', () => {
    expect(annotatedCost('query ($f: Filter) { filtered(filter: $f) { name } }', { f: { max: 8 } })).toBe(16);
    expect(annotatedCost('query ($f: Filter) { filtered(filter: $f) { name } }', {})).toBe(8);
    expect(annotatedCost('query ($f: Filter = { max: 9 }) { filtered(filter: $f) { name } }', {})).toBe(18);
    expect(annotatedCost('query ($n: Int) { filtered(filter: { inner: { max: $n } }) { name } }', { n: 11 })).toBe(22);
    expect(annotatedCost('query ($f: Filter) { filtered(filter: $f) { name } }', { f: [] })).toBe(20);
  });

  test('named like what objects of JavaScript have are no others', () => {
    expect(cost('query ($constructor: Int) { companies(first: $constructor) { id } }', {})).toBe(10);
    expect(annotatedCost('query ($f: Filter) { filtered(filter: $f) { name } }', { f: { max: null } })).toBe(20);
  });
});

describe('nobody gets round it', () => {
  test('with aliases, fragments or nesting', () => {
    const once = cost('{ companies(first: 100) { id } }');
    expect(cost('{ a: companies(first: 100) { id } b: companies(first: 100) { id } }')).toBe(2 * once);
    expect(cost('{ ...F a: company { id } } fragment F on Query { companies(first: 100) { id } }')).toBe(once + 1);
    expect(cost('{ companies(first: 100) { staff { companies(limit: 100) { id } } } }')).toBe(
      100 * (1 + 10 * (1 + 100)),
    );
  });

  test('with what @skip may leave out', () => {
    expect(cost('query ($s: Boolean!) { companies(first: 100) @skip(if: $s) { id } }', { s: true })).toBe(100);
  });

  test('with a fragment in itself, which does not loop', () => {
    expect(cost('{ company { ...F } } fragment F on Company { owner { id } ...F }')).toBe(2);
    expect(
      cost(
        'query ($n: Int) { ...F } fragment F on Query { companies(first: $n) { id } ...G } fragment G on Query { ...F }',
        { n: 5 },
      ),
    ).toBe(5);
  });

  test('with fragments that double, for a document as for a request', () => {
    const doubles = (last: string) =>
      `query ($n: Int) { company { ...F0 } } ${Array.from({ length: 500 }, (_, i) => `fragment F${i} on Company { ...F${i + 1} ...F${i + 1} }`).join(' ')} fragment F500 on Company { ${last} }`;
    const started = performance.now();
    expect(cost(doubles('owner { id }'))).toBe(1e15);
    expect(cost(doubles('related(first: $n) { id }'), { n: 1 })).toBe(1e15);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  test('with lists in lists, which do not become infinite', () => {
    const nested = (depth: number): string => (depth === 0 ? 'id' : `friends { ${nested(depth - 1)} }`);
    expect(cost(`{ people { owner { ${nested(400)} } } }`)).toBe(1e15);
    const sized = (depth: number): string => (depth === 0 ? 'id' : `related(first: $n) { ${sized(depth - 1)} }`);
    expect(cost(`query ($n: Int) { company { ${sized(400)} } }`, { n: 1e300 })).toBe(1e15);
  });

  test('with 8,000 lists in one set', () => {
    const lists = Array.from({ length: 8_000 }, (_, i) => `a${i}: companies(first: $n) { id }`).join(' ');
    expect(cost(`query ($n: Int) { ${lists} }`, { n: 2 })).toBe(16_000);
  });
});
