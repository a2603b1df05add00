import { type DocumentNode, Kind, type OperationDefinitionNode, parse, print, stripIgnoredCharacters } from 'graphql';
import { describe, expect, test } from 'vitest';
import { extractPart } from './split.js';

/** The part of the first operation with the root fields named, on one line. */
function extract(text: string, ...names: string[]): string {
  return oneLine(extractNode(text, ...names));
}

function extractNode(text: string, ...names: string[]): DocumentNode {
  const { definitions } = parse(text, { noLocation: true });
  const operation = definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION) as OperationDefinitionNode;
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const byName = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  return extractPart(operation, byName, ({ name }) => names.includes(name.value));
}

function oneLine(document: DocumentNode): string {
  return stripIgnoredCharacters(print(document));
}

describe('a part of an operation', () => {
  test('has the root fields that are asked for, with all that is below them', () => {
    expect(extract('query Q { a(x: 1) { b @d { c } } z: b c }', 'a', 'b')).toBe('query Q{a(x:1){b@d{c}}z:b}');
  });

  test('has fragments at the root as inline fragments with one kind of field', () => {
    const text = '{ ...F ... on Query { a b } ... { b } } fragment F on Query { b a ...G } fragment G on Query { c b }';
    expect(extract(text, 'a')).toBe('{...on Query{a}...on Query{a}}');
    expect(extract(text, 'b', 'c')).toBe('{...on Query{b ...on Query{c b}}...on Query{b}...{b}}');
  });

  test('keeps the directives that decide about a fragment', () => {
    const text = 'query ($x: Boolean!) { ...F @include(if: $x) ... @skip(if: $x) { a b } } fragment F on Query { a b }';
    expect(extract(text, 'a')).toBe('query($x:Boolean!){...on Query@include(if:$x){a}...@skip(if:$x){a}}');
  });

  test('has the variables that it uses, wherever it does', () => {
    const text = `query ($a: Int, $b: Int = 2, $c: [In!], $d: Boolean!, $e: Int) @op(x: $e) {
      a(x: $a) { ...F } b(x: $b, y: { z: [$c] }) @skip(if: $d)
    } fragment F on A { x(y: $b) @skip(if: $d) }`;
    expect(extract(text, 'a')).toMatch(/^query\(\$a:Int\$b:Int=2\$d:Boolean!\$e:Int\)@op\(x:\$e\)/);
    expect(extract(text, 'b')).toMatch(/^query\(\$b:Int=2\$c:\[In!\]\$d:Boolean!\$e:Int\)@op\(x:\$e\)/);
  });

  test('has the fragments that it reaches and no others', () => {
    const text = `{ a { ...A } b { ...B } } fragment A on A { x ...Shared } fragment B on B { y ...Shared }
      fragment Shared on N { n } fragment Unused on N { n }`;
    expect(extract(text, 'a')).toBe('{a{...A}}fragment A on A{x ...Shared}fragment Shared on N{n}');
    expect(extract(text, 'b')).toBe('{b{...B}}fragment B on B{y ...Shared}fragment Shared on N{n}');
  });

  test('has the variables that nobody uses, so that they are refused', () => {
    expect(extract('query ($used: Int, $unused: Int) { a(x: $used) b }', 'b')).toBe('query($unused:Int){b}');
  });

  test('has the spreads that lead nowhere or back to themselves, so that they are refused', () => {
    expect(extract('{ a ...Gone }', 'a')).toBe('{a ...Gone}');
    expect(extract('{ ...F } fragment F on Query { a ...F b }', 'a')).toBe(
      '{...on Query{a ...F}}fragment F on Query{a ...F b}',
    );
  });

  test('does not change the operation that it is of', () => {
    const text = 'query Q($x: Int) { a ...F b(x: $x) } fragment F on Query { a b }';
    const document = parse(text, { noLocation: true });
    const before = oneLine(document);
    extractPart(document.definitions[0] as OperationDefinitionNode, new Map(), () => false);
    expect(oneLine(document)).toBe(before);
  });

  test('is refused where fragments at the root unfold to more than 1,000 selections', () => {
    const fragments = (count: number) =>
      Array.from({ length: count }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ');
    const doubling = (count: number) => `{ ...F0 } ${fragments(count)} fragment F${count} on Query { a }`;
    expect(extract(doubling(3), 'a').match(/\{a\}/g)).toHaveLength(8);
    expect(() => extractNode(doubling(30), 'a')).toThrow(expect.objectContaining({ code: 'DOCUMENT_TOO_COMPLEX' }));
    expect(() => extractNode(`{ ${'a '.repeat(1_001)} }`, 'a')).toThrow(
      expect.objectContaining({ code: 'DOCUMENT_TOO_COMPLEX' }),
    );
    expect(extract(`{ ${'a '.repeat(1_000)} }`, 'a')).toHaveLength(2_001);
  });
});
