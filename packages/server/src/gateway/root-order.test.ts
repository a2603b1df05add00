import { buildSchema, Kind, type OperationDefinitionNode, parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { isIncluded, listRootSelections } from './root-order.js';

const schema =
  buildSchema(`interface Node { a: Int } interface Far { a: Int } type Other implements Node & Far { a: Int }
  union Any = Query | Other type Query implements Node { a: Int }`);

/** The keys that are in an answer, in its order. */
function keysOf(text: string, variables: Record<string, unknown> | null = null): string[] {
  const { definitions } = parse(text);
  const fragments = new Map(
    definitions.flatMap((one) => (one.kind === Kind.FRAGMENT_DEFINITION ? [[one.name.value, one] as const] : [])),
  );
  const selections = listRootSelections(definitions[0] as OperationDefinitionNode, fragments, () => true);
  return [...new Set(selections.filter((one) => isIncluded(one, { variables, schema })).map(({ key }) => key))];
}

describe('the keys at the root', () => {
  const twice = 'query ($a: Boolean!) { ...F @include(if: $a) b ...F } fragment F on Query { a c }';
  test.each<[string, Record<string, unknown> | null, string]>([
    ['{ a x: b ... { c } ...F d } fragment F on Query { e a }', null, 'a x c e d'],
    ['{ a @skip(if: true) b a }', null, 'b a'],
    ['{ a @include(if: false) b ... @skip(if: false) { a } }', null, 'b a'],
    [twice, { a: true }, 'a c b'],
    [twice, { a: false }, 'b a c'],
    ['query ($a: Boolean = true) { a @skip(if: $a) b }', null, 'b'],
    ['query ($a: Boolean = true) { a @skip(if: $a) b }', {}, 'b'],
    ['query ($a: Boolean = true) { a @skip(if: $a) b }', { a: false }, 'a b'],
    ['query ($a: Boolean!) { ... @skip(if: $a) { ... @include(if: $a) { a } b } c }', { a: false }, 'b c'],
    ['{ a @skip(if: false) @include(if: false) b @other(if: false) }', null, 'b'],
    ['{ ...F } fragment F on Query { a ...F b }', null, 'a b'],
    ['{ ... on Node { ... on Other { a } b } ... on Any { c ...F } a } fragment F on Far { d }', null, 'b c a'],
  ])('of %s with %j are %s', (text, variables, keys) => {
    expect(keysOf(text, variables).join(' ')).toBe(keys);
  });
});
