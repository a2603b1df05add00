import { describe, expect, test } from 'vitest';
import { parseManifest, sha256 } from './manifest.js';

const hello = 'query Hello { hello }';
const other = 'query Other { other(text: "a \\" b { } \\u00fc") }';

describe('a manifest', () => {
  test('may be an object from ids to documents, as Relay and gql.tada write it', () => {
    const { find, has, size } = parseManifest(JSON.stringify({ a: hello, b: other }));
    expect([find('a'), find('b'), find('c'), size]).toEqual([hello, other, undefined, 2]);
    expect([has(hello), has(`${hello} `), has('a')]).toEqual([true, false, false]);
  });

  test('may be Apollo’s', () => {
    const operations = [
      { id: 'a', name: 'Hello', type: 'query', body: hello },
      { id: 'b', name: 'Other', type: 'query', body: other },
    ];
    const { find, size } = parseManifest(
      JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations }),
    );
    expect([find('a'), find('b'), size]).toEqual([hello, other, 2]);
  });

  test('finds a document by its hash too, unless that is the id of another', () => {
    expect(parseManifest(JSON.stringify({ a: hello })).find(sha256(hello))).toBe(hello);
    expect(parseManifest(JSON.stringify({ a: hello, [sha256(hello)]: other })).find(sha256(hello))).toBe(other);
  });

  test('may be empty, and may begin with a byte-order mark', () => {
    expect(parseManifest('{}').size).toBe(0);
    expect(parseManifest(`\ufeff{"a":${JSON.stringify(hello)}}`).find('a')).toBe(hello);
  });

  test('finds nothing under the names that objects of JavaScript have', () => {
    const { find } = parseManifest('{}');
    for (const name of ['__proto__', 'constructor', 'toString']) expect(find(name)).toBeUndefined();
  });

  const apollo = (operations: unknown, more = {}) =>
    JSON.stringify({ format: 'apollo-persisted-query-manifest', version: 1, operations, ...more });
  test.each([
    ['', 'is not JSON.'],
    ['{"a":', 'is not JSON.'],
    ['[]', 'must hold one JSON object, from ids to documents.'],
    ['null', 'must hold one JSON object, from ids to documents.'],
    ['{"a":7}', 'has no text for the id "a".'],
    ['{"":"{a}"}', 'has a document without an id.'],
    ['{"a":"{b}","a":"{c}"}', 'has an id twice.'],
    ['{"a":"{b}","\\u0061":"{c}"}', 'has an id twice.'],
    ['{"a":"{ b "}', /^has a document that is not GraphQL: that with the id "a" \(Syntax Error: /],
    [
      apollo([
        { id: 'a', body: '{b}' },
        { id: 'a', body: '{c}' },
      ]),
      'has two documents with the id "a".',
    ],
    [apollo([{ id: 'a' }]), 'has an operation without an "id" or a "body".'],
    [apollo([null]), 'has an operation without an "id" or a "body".'],
    [apollo({}), /^must be an "apollo-persisted-query-manifest" of version 1/],
    [apollo([], { version: 2 }), /^must be an "apollo-persisted-query-manifest" of version 1/],
    [apollo([], { format: 'other' }), /^must be an "apollo-persisted-query-manifest" of version 1/],
  ])('is refused where it is %s', (text, message) => {
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ name: 'ManifestError' }));
    expect(() => parseManifest(text)).toThrow(message);
  });
});
