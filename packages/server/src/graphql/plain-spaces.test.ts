import { parse } from 'graphql';
import { expect, test } from 'vitest';
import { withPlainSpaces } from './plain-spaces.js';

test('a document that was copied from a page parses', () => {
  const copied = '{\n\u00a0\u00a0 viewer {\n\u00a0\u00a0\u00a0 id # who\u00a0am I\n } }';
  expect(() => parse(copied)).toThrow();
  expect(() => parse(withPlainSpaces(copied))).not.toThrow();
});

test.each([
  ['a string', '{ a(b: "x\u00a0y") }'],
  ['a string with escapes', '{ a(b: "\\"\u00a0\\\\") }'],
  ['a block string', '{ a(b: """\n\u00a0"x" ""\u00a0\\""" \\""\u00a0""") }'],
])('%s keeps its own: a password may have one', (_, document) => {
  expect(withPlainSpaces(document)).toBe(document);
  expect(withPlainSpaces(`${document}\u00a0${document}`)).toBe(`${document} ${document}`);
});

test.each(['"', '"""', '\\"', '"\\', '"""\\"""', '#\n', '\u00a0', '"" '])('a flood of %j costs little', (part) => {
  const documents = ['', '"', '"""'].map((start) => `${start}${part.repeat(65_000 / part.length)}\u00a0`);
  const started = performance.now();
  for (const document of documents) withPlainSpaces(document);
  expect(performance.now() - started).toBeLessThan(500);
});
