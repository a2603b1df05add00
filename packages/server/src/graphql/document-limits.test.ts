import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { assertModestOperations } from './document-limits.js';

const limits = { documentMaxDepth: 5, documentMaxAliases: 4, documentMaxRootFields: 6 };
const check = (text: string) => assertModestOperations(parse(text), limits);
const repeat = (count: number, item: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => item(i)).join(' ');
const tooDeep = expect.objectContaining({ code: 'DOCUMENT_TOO_DEEP' });
const tooComplex = expect.objectContaining({ code: 'DOCUMENT_TOO_COMPLEX' });

describe('the depth of an operation', () => {
  test.each([
    '{a{b{c{d{e}}}}}',
    '{...F} fragment F on A {b{c{d{e}}}}',
    '{a{...F}} fragment F on A {b{c{d}}}',
    '{a{...F ...G}} fragment F on A {b{...G}} fragment G on A {d}',
  ])('may be that of %s', (text) => {
    expect(() => check(text)).not.toThrow();
  });

  test.each([
    '{a{b{c{d{e{f}}}}}}',
    '{...F} fragment F on A {b{c{d{e{f}}}}}',
    '{a{...F}} fragment F on A {b{c{d{e}}}}',
    '{a{...F ...G}} fragment F on A {b{...G}} fragment G on A {d{e}}',
    '{...G a{b{...G}}} fragment G on A {c{d{e}}}',
    '{a{b{...G}} ...G} fragment G on A {c{d{e}}}',
    'query A {a} query B {...F} fragment F on A {b{c{d{e{f}}}}}',
  ])('may not be that of %s', (text) => {
    expect(() => check(text)).toThrow(tooDeep);
    expect(() => check(text)).toThrow('The document is nested deeper than 5 levels.');
  });

  test('is not what fragments have that nobody spreads', () => {
    check('{a} fragment F on A {b{c{d{e{f}}}}}');
  });

  test('through 50,000 fragments does not end at the end of the stack', () => {
    const chain = repeat(50_000, (i) => `fragment F${i} on A {...F${i + 1}}`);
    expect(() => assertModestOperations(parse(`{...F0} ${chain}`), { ...limits, documentMaxDepth: 1_000 })).toThrow(
      tooDeep,
    );
  });

  test('of fragments in a circle is left to validation', () => {
    check('{...F} fragment F on A {b ...F}');
    check('{...F} fragment F on A {b{...G}} fragment G on A {c{...F}}');
  });
});

describe('the aliases of an operation', () => {
  test('are counted with those of its fragments, as often as these are spread', () => {
    check('{a:b c:d e{f:g ...F}} fragment F on A {h:i}');
    expect(() => check('{a:b c:d e{f:g ...F}} fragment F on A {h:i j:k}')).toThrow(tooComplex);
    expect(() => check('{a{...F} b{...F} c{...F}} fragment F on A {h:i j:k}')).toThrow(
      'With its fragments the operation has 6 aliases, and 4 are accepted (documentMaxAliases).',
    );
  });

  test('are those of each operation by itself: an editor sends them all', () => {
    check(repeat(10, (i) => `query Q${i} {a:b c:d}`));
    expect(() => check('query A {a} query B {a:b c:d e:f g:h i:j}')).toThrow(tooComplex);
  });
});

describe('the fields at the root', () => {
  test('are counted with those that fragments bring', () => {
    check('{a b ...F ...{c d}} fragment F on Q {e f}');
    check('{a{b c d e f g h} ...F} fragment F on Q {a{b c d e f g h}}');
    expect(() => check('{a b ...F ...{c d}} fragment F on Q {e f g}')).toThrow(
      'With its fragments the operation has 7 fields at the root, and 6 are accepted (documentMaxRootFields).',
    );
    expect(() => check('{a a a a a a a}')).toThrow(tooComplex);
  });
});

test('fragments that double a thousand times are counted in a moment', () => {
  const doubles = repeat(900, (i) => `fragment F${i} on A {...F${i + 1} ...F${i + 1}}`);
  const document = parse(`{a{...F0}} ${doubles} fragment F900 on A {x:b}`);
  const started = performance.now();
  expect(() => assertModestOperations(document, { ...limits, documentMaxDepth: 1_000 })).toThrow(
    'With its fragments the operation has more than a million aliases',
  );
  expect(performance.now() - started).toBeLessThan(500);
});
