import { describe, expect, test } from 'vitest';
import { isJsonContentType, negotiate, prefersHtml } from './media-type.js';

describe('the Accept header', () => {
  const graphql = 'application/graphql-response+json';
  test.each([
    [undefined, 'application/json', false],
    ['', 'application/json', false],
    ['*/*', 'application/json', false],
    ['application/*', 'application/json', false],
    ['application/json', 'application/json', true],
    ['APPLICATION/JSON ; charset=utf-8', 'application/json', true],
    [graphql, graphql, false],
    [`${graphql}, application/json`, graphql, false],
    [`application/json, ${graphql}`, 'application/json', true],
    [`application/json;q=0.9, ${graphql}`, graphql, false],
    [`${graphql};q=0.1, application/json;q=0.2`, 'application/json', true],
    ['text/html, */*;q=0.1', 'application/json', false],
    [`text/html;level=1, ${graphql};q=0.001`, graphql, false],
  ])('%s asks for %s', (accept, mediaType, isLegacy) => {
    expect(negotiate(accept)).toEqual({ mediaType, isLegacy });
  });

  test.each([
    'text/html',
    'text/*',
    'application/xml',
    'application/json;q=0',
    'nonsense',
    ';',
    'application/json;q=x',
  ])('%s asks for what cannot be made', (accept) => {
    expect(negotiate(accept)).toBeUndefined();
    expect(negotiate(accept)).toBeUndefined();
  });
});

describe('a page', () => {
  test.each(['text/html', 'text/html,application/xhtml+xml,*/*;q=0.8', 'application/json;q=0.5, text/html'])(
    'is meant by %s',
    (accept) => {
      expect(prefersHtml(accept)).toBe(true);
    },
  );

  test.each([undefined, '*/*', 'application/json', 'application/json, text/html;q=0.9', 'text/html;q=0'])(
    'is not meant by %s',
    (accept) => {
      expect(prefersHtml(accept)).toBe(false);
    },
  );
});

describe('JSON in UTF-8', () => {
  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'application/json; charset=utf8',
    'application/json; profile=x',
  ])('is %s', (contentType) => {
    expect(isJsonContentType(contentType)).toBe(true);
  });

  // The first four are what a form or a page of another origin can send without asking (Fetch §2.2.2).
  test.each([
    undefined,
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain; application/json',
    'application/json; charset=latin1',
    'application/json; charset=utf-16',
    'application/jsonx',
    'application/graphql',
    '',
  ])('is not %s', (contentType) => {
    expect(isJsonContentType(contentType)).toBe(false);
  });
});
