import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { assertModest, assertWithinLimits } from './limits.js';

const limits = { documentMaxTokens: 10, documentMaxDepth: 3, documentMaxDirectives: 2 };
const check = (text: string) => assertWithinLimits(text, limits);
const modest = (text: string) => assertModest(parse(text));
const code = (name: string) => expect.objectContaining({ code: name });

describe('the limit of tokens', () => {
  test('counts every token, and neither spaces, commas nor comments', () => {
    const eight = 'a b c d e f g h';
    check(`{ ${eight} }`);
    check(`{ ${eight.replaceAll(' ', ',\n, # a b c {{{{\n')} }`);
    expect(() => check(`{ ${eight} i }`)).toThrow(code('DOCUMENT_TOO_LARGE'));
  });

  test('counts a string as one, also with braces in it', () => {
    check('{ a(b: "{{{{{{{{{{{{{{") }');
    check('{ a(b: """{{{ " {{{\n{{{""") }');
  });

  test('names itself', () => {
    expect(() => check('{ a a a a a a a a a }')).toThrow('The document has more than 10 tokens.');
  });
});

describe('the limit of depth', () => {
  const checkDepth = (text: string) => assertWithinLimits(text, { ...limits, documentMaxTokens: 100 });

  test.each(['{a{b{c}}}', '{a(b:[1])}', '{a(b:{c:1})}', '(((', '{a{b}c{d}e{f}}{g{h}}'])('is kept by %s', (text) => {
    expect(() => checkDepth(text)).not.toThrow();
  });

  test.each(['{a{b{c{d}}}}', '{a(b:[[1]])}', '{a(b:{c:{d:1}})}', '((((', '{[({'])('is broken by %s', (text) => {
    expect(() => checkDepth(text)).toThrow(code('DOCUMENT_TOO_DEEP'));
    expect(() => checkDepth(text)).toThrow('The document is nested deeper than 3 levels.');
  });
});

describe('the limit of directives', () => {
  const checkAll = (text: string) => assertWithinLimits(text, { ...limits, documentMaxTokens: 100 });

  test('counts those of the whole document, wherever they stand', () => {
    checkAll('query @a { b @c }');
    checkAll('{ a(b: "@c @d @e") } # @f');
    expect(() => checkAll('query @a { b @c ...F } fragment F on Query @d { e }')).toThrow(code('DOCUMENT_TOO_COMPLEX'));
  });

  test('says how many there are, and which setting raises it', () => {
    expect(() => checkAll('{ a @b @c @d @e }')).toThrow(
      'The document has 4 directives, and 2 are accepted (documentMaxDirectives).',
    );
  });
});

test('what is no GraphQL is a syntax error', () => {
  expect(() => check('{ "a ')).toThrow(expect.objectContaining({ name: 'GraphQLError' }));
  expect(() => check('{ \u0000 }')).toThrow(expect.objectContaining({ name: 'GraphQLError' }));
});

test('a hundred thousand braces are refused without the parser, which would end at the end of the stack', () => {
  const text = '{a'.repeat(100_000);
  expect(() => parse(text)).toThrow(RangeError);
  expect(() => assertWithinLimits(text, { ...limits, documentMaxTokens: 1_000_000, documentMaxDepth: 50 })).toThrow(
    code('DOCUMENT_TOO_DEEP'),
  );
});

describe('a modest document', () => {
  test('has a field up to a hundred times', () => {
    modest(`{ ${'id '.repeat(100)} }`);
    expect(() => modest(`{ ${'id '.repeat(101)} }`)).toThrow(code('DOCUMENT_TOO_COMPLEX'));
  });

  test('may have many different ones', () => {
    modest(`{ ${Array.from({ length: 1_000 }, (_, i) => `f${i}`).join(' ')} }`);
  });

  test('counts by the field, whatever its aliases are, and by the key in the answer, over all levels', () => {
    const aliases = (name: (i: number) => string) => `{ ${Array.from({ length: 101 }, (_, i) => name(i)).join(' ')} }`;
    expect(() => modest(aliases((i) => `f${i}: id`))).toThrow(code('DOCUMENT_TOO_COMPLEX'));
    expect(() => modest(aliases((i) => `id: f${i}`))).toThrow(code('DOCUMENT_TOO_COMPLEX'));
    expect(() => modest(aliases((i) => `f${i} { id }`))).toThrow(code('DOCUMENT_TOO_COMPLEX'));
  });

  test('has up to a hundred fragments and spreads', () => {
    expect(() => modest(`{ ${'... { a } '.repeat(101)} }`)).toThrow(code('DOCUMENT_TOO_COMPLEX'));
    expect(() => modest(`{ ${'...F '.repeat(101)} } fragment F on Query { a }`)).toThrow(code('DOCUMENT_TOO_COMPLEX'));
    const fragments = Array.from({ length: 100 }, (_, i) => `fragment F${i} on Query { f${i}: a }`);
    expect(() => modest(`{ a } ${fragments.join(' ')}`)).toThrow(code('DOCUMENT_TOO_COMPLEX'));
  });
});
