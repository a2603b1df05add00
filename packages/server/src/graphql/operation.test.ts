import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { describeOperation, maxFields } from './operation.js';

const describeText = (text: string, operationName: string | null = null) =>
  describeOperation(parse(text, { noLocation: true }), operationName);
const fieldsOf = (text: string) => describeText(text).fields;

test.each([
  ['{ a }', 1],
  ['{ a { b c { d } } }', 4],
  ['{ a a: b }', 2],
  ['{ ... { a ... on T { b } } }', 2],
  ['{ ...F ...F } fragment F on T { a { b } }', 4],
  ['{ x { ...F } } fragment F on T { a ...G } fragment G on T { b c ...H } fragment H on T { d }', 5],
  ['{ a ...Nowhere }', 1],
  ['{ ...F } fragment F on T { a ...F }', 1],
  ['{ ...F ...G } fragment F on T { a ...G } fragment G on T { b ...F }', 3],
  ['query A @skip(if: true) { a @skip(if: true) { b } }', 2],
])('%s asks for %i fields', (text, fields) => {
  expect(fieldsOf(text)).toBe(fields);
});

test('fragments that double the fields with each level are counted at once, and no higher than needed', () => {
  const levels = Array.from({ length: 500 }, (_, i) => `fragment F${i} on T { ...F${i + 1} ...F${i + 1} }`);
  const start = performance.now();
  expect(fieldsOf(`{ ...F0 } ${levels.join(' ')} fragment F500 on T { a }`)).toBe(maxFields);
  expect(performance.now() - start).toBeLessThan(200);
});

test('a chain of fragments that is longer than the stack is counted', () => {
  const chain = Array.from({ length: 50_000 }, (_, i) => `fragment F${i} on T { a ...F${i + 1} }`);
  expect(fieldsOf(`{ ...F0 } ${chain.join(' ')} fragment F50000 on T { a }`)).toBe(50_001);
});

test('the operation that is run is the one that is described', () => {
  const text = 'query A { a } query B { a b }';
  expect(describeText(text, 'B')).toMatchObject({ name: 'B', fields: 2 });
  expect(describeText(text, 'A')).toMatchObject({ name: 'A', fields: 1 });
  expect(describeText('{ a }')).toMatchObject({ name: '(anonymous)' });
});

test('a long name is cut', () => {
  expect(describeText(`query ${'x'.repeat(10_000)} { a }`).name).toBe('x'.repeat(100));
});
