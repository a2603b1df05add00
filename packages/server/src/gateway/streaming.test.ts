import { parse, print, stripIgnoredCharacters } from 'graphql';
import { describe, expect, test } from 'vitest';
import { findWithoutStreaming, withoutStreaming } from './streaming.js';

const without = (text: string) => stripIgnoredCharacters(print(withoutStreaming(parse(text, { noLocation: true }))));

describe('a document without @defer and @stream', () => {
  test('has all that they stood on, and the other directives', () => {
    const text =
      '{ ...F @defer a @stream(initialCount: 1) @skip(if: false) { ... @defer { b } } } fragment F on Q { c @x }';
    expect(without(text)).toBe('{...F a@skip(if:false){...{b}}}fragment F on Q{c@x}');
  });

  test('has no variables that only they have used, and keeps those that nobody has used, so that they are refused', () => {
    const text =
      'query ($d: Boolean!, $n: Int, $both: Boolean!, $none: Int) { ...@defer(if: $d) { a @stream(initialCount: $n) } ...@defer(if: $both) { b @skip(if: $both) } }';
    expect(without(text)).toBe('query($both:Boolean!$none:Int){...{a}...{b@skip(if:$both)}}');
  });

  test('is the same where they are not there', () => {
    const document = parse('query ($a: Int) { a(x: $a) }');
    expect(withoutStreaming(document)).toBe(document);
  });
});

test('is looked for in the operation that is asked for, and in no other', () => {
  const text = 'query A { a ...F @defer } query B { b } fragment F on Q { c }';
  const found = findWithoutStreaming(text, 'A');
  expect(found && stripIgnoredCharacters(print(found))).toBe('query A{a ...on Q{c}}');
  expect(findWithoutStreaming(text, 'B')).toBeUndefined();
  expect(findWithoutStreaming('{ livestreams }', null)).toBeUndefined();
});
