import { describe, expect, test } from 'vitest';
import { parseBody, parseSearch, toBody, toParams } from './params.js';

const code = (name: string) => expect.objectContaining({ code: name });
const refused = code('BAD_REQUEST');

describe('a JSON body', () => {
  test('gives query, name and variables, and null for what is not there', () => {
    const full = '{"query":"{a}","operationName":"A","variables":{"x":1},"extensions":{},"more":1}';
    expect(parseBody(full)).toEqual({
      query: '{a}',
      operationName: 'A',
      variables: { x: 1 },
      extensions: {},
      isNamed: false,
      isVerbatim: false,
      written: full,
    });
    const empty = '{"query":"{a}","operationName":null,"variables":null,"extensions":null}';
    expect(parseBody(empty)).toEqual({
      query: '{a}',
      operationName: null,
      variables: null,
      extensions: undefined,
      isNamed: false,
      isVerbatim: true,
      written: empty,
    });
    expect(parseBody('{"query":""}')).toEqual({
      query: '',
      operationName: null,
      variables: null,
      isNamed: false,
      isVerbatim: true,
      written: '{"query":""}',
    });
  });

  test('may have an empty name, which means none', () => {
    expect(parseBody('{"query":"{a}","operationName":""}').operationName).toBeNull();
  });

  test.each([
    '',
    '{',
    'null',
    '"{a}"',
    '1',
    '{}',
    '{"query":null}',
    '{"query":1}',
    '{"query":["{a}"]}',
    '{"query":"{a}","operationName":1}',
    '{"query":"{a}","variables":"{}"}',
    '{"query":"{a}","variables":[]}',
    '{"query":"{a}","variables":0}',
    '{"query":"{a}","extensions":[]}',
    '{"query":"{a}","extensions":false}',
  ])('is refused where it is %j', (text) => {
    expect(() => parseBody(text)).toThrow(refused);
  });

  test('may have variables that are 1,000 levels deep, and no deeper', () => {
    const nested = (depth: number) => `{"query":"{a}","variables":{"x":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
    expect(parseBody(nested(1_000)).variables).toHaveProperty('x');
    expect(() => parseBody(nested(1_001))).toThrow('"variables" is nested deeper than 1000 levels.');
    expect(() => parseBody(nested(100_000))).toThrow(refused);
  });

  test('that is a list is told that there is no batching', () => {
    expect(() => parseBody('[{"query":"{a}"}]')).toThrow(code('BATCHING_NOT_SUPPORTED'));
    expect(() => parseBody('[]')).toThrow(code('BATCHING_NOT_SUPPORTED'));
  });

  test.each([
    ['{"query":"{a}","query":"{b}"}', 'query'],
    ['{"query":"{a}","quer\\u0079":"{a}"}', 'query'],
    ['{"query":"{a}","variables":{},"variables":{}}', 'variables'],
    ['{"query":"{a}","variables":{"x":{"y":1,"z":2,"y":1}}}', 'y'],
    ['{"query":"{a}","extensions":{"e":1,"e":1}}', 'e'],
    ['{"query":"{a}","operationName":null,"operationName":"A"}', 'operationName'],
    ['{"query":"{a}","more":1,"more":1}', 'more'],
    ['{"query":"{a}","__proto__":1,"__proto__":1}', '__proto__'],
  ])('may not have a member twice, since the next parser may take the other one: %s', (text, name) => {
    expect(() => parseBody(text)).toThrow(`The request body has the member "${name}" twice.`);
  });

  test.each(['Query', 'QUERY', 'Variables', 'operationname', 'EXTENSIONS', 'variable\u017f', 'extenſions'])(
    'may not have %s, which some parsers take for the member they know',
    (name) => {
      expect(() => parseBody(JSON.stringify({ query: '{a}', [name]: null }))).toThrow(/ may be meant\.$/);
    },
  );

  test.each([
    ['{"query":"{a}","doc_id":"x"}', { query: '{a}', operationName: null, variables: null }],
    [
      '{"id":"x","query":"{a}","variables":{"v":[1]},"extensions":{"e":1}}',
      { query: '{a}', operationName: null, variables: { v: [1] }, extensions: { e: 1 } },
    ],
    [
      '{"query":"{a}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"},"e":1}}',
      { query: '{a}', operationName: null, variables: null, extensions: { e: 1 } },
    ],
  ])('with a member that is ignored here is written anew without it: %s', (text, written) => {
    const params = parseBody(text);
    expect(params.isVerbatim).toBe(false);
    expect(JSON.parse(toBody(params))).toEqual(written);
  });

  test('may have a member that is ignored only where that is not nested deeper than 1,000 levels', () => {
    const text = `{"query":"{a}","more":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    expect(() => parseBody(text)).toThrow('"more" is nested deeper than 1000 levels.');
  });

  test('is not quoted in the error', () => {
    expect(() => parseBody('{"password": "hunter2')).toThrow(/^The request body is not JSON\.$/);
  });

  test('cannot reach the prototype of anything', () => {
    const { variables, query } = parseBody(
      '{"query":"{a}","__proto__":{"query":"{b}"},"variables":{"__proto__":{"x":1}}}',
    );
    expect(query).toBe('{a}');
    expect(Object.getPrototypeOf(variables)).toBe(Object.prototype);
    expect(() => parseBody('{"__proto__":{"query":"{a}"}}')).toThrow(refused);
  });
});

describe('the search part of a URL', () => {
  test('gives the same, with the variables as JSON', () => {
    const search = new URLSearchParams({
      query: '{a}',
      operationName: 'A',
      variables: '{"x":"&="}',
      extensions: '{}',
      more: '1',
    });
    expect(parseSearch(search.toString())).toEqual({
      query: '{a}',
      operationName: 'A',
      variables: { x: '&=' },
      extensions: {},
      isNamed: false,
      isVerbatim: false,
      written: '{"variables":{"x":"&="},"extensions":{}}',
    });
  });

  test('may have empty variables, as forms send them', () => {
    expect(parseSearch('query={a}&variables=&extensions=&operationName=')).toEqual({
      query: '{a}',
      operationName: null,
      variables: null,
      extensions: undefined,
      isNamed: false,
      isVerbatim: false,
      written: '{}',
    });
  });

  test.each([
    '',
    'a=1',
    'query={a}&variables=x',
    'query={a}&variables=[]',
    'query={a}&extensions=1',
    '__proto__=query',
  ])('is refused where it is %j', (search) => {
    expect(() => parseSearch(search)).toThrow(refused);
  });

  test.each(['query={a}&query={b}', 'query={a}&variables={}&variables={}', 'query={a}&x=&x='])(
    'is refused where it has one parameter twice: %s',
    (search) => {
      expect(() => parseSearch(search)).toThrow(/^The URL has two parameters "\w+"\.$/);
    },
  );
});

describe('a document that is named', () => {
  const hash = 'a'.repeat(64);

  test('has an id, by POST and by GET', () => {
    const expected = { query: '', documentId: 'x', variables: { y: 1 }, isNamed: true };
    expect(parseBody('{"documentId":"x","variables":{"y":1}}')).toMatchObject(expected);
    expect(parseSearch('documentId=x&variables={"y":1}')).toMatchObject(expected);
  });

  test('has a hash, by POST and by GET, which does not go on with the other extensions', () => {
    const extensions = `{"persistedQuery":{"version":1,"sha256Hash":"${hash}"},"trace":{"a":1}}`;
    const expected = { query: '', hash, extensions: { trace: { a: 1 } }, isNamed: true };
    for (const params of [
      parseBody(`{"extensions":${extensions}}`),
      parseSearch(new URLSearchParams({ extensions }).toString()),
    ]) {
      expect(params).toMatchObject(expected);
      expect(params.extensions).not.toHaveProperty('persistedQuery');
    }
  });

  test('is written into the body for the upstream without its name', () => {
    const params = parseBody(
      `{"query":"{a}","documentId":"x","extensions":{"persistedQuery":{"version":1,"sha256Hash":"${hash}"},"b":1}}`,
    );
    expect(JSON.parse(toBody(params))).toEqual({
      query: '{a}',
      operationName: null,
      variables: null,
      extensions: { b: 1 },
    });
  });

  test('by an id beside a query is the query', () => {
    expect(parseBody('{"query":"{a}","documentId":"x"}')).toMatchObject({
      query: '{a}',
      documentId: undefined,
      isNamed: true,
      isVerbatim: false,
    });
    expect(parseBody('{"query":"{a}","documentId":7}')).toMatchObject({
      query: '{a}',
      documentId: undefined,
      isNamed: true,
      isVerbatim: false,
    });
  });

  test.each([
    '{"documentId":7}',
    '{"documentId":""}',
    '{"documentId":["x"]}',
    '{"documentId":null}',
    '{"query":7,"documentId":"x"}',
    '{"extensions":{}}',
    '{"extensions":{"persistedQuery":null}}',
    '{"extensions":{"persistedQuery":{}}}',
    '{"extensions":{"persistedQuery":"x"}}',
    '{"extensions":{"persistedQuery":{"version":2,"sha256Hash":"x"}}}',
    '{"extensions":{"persistedQuery":{"version":1,"sha256Hash":""}}}',
    '{"query":"{a}","extensions":{"persistedQuery":{"version":1,"sha256Hash":["x"]}}}',
  ])('is refused where it is %j', (text) => {
    expect(() => parseBody(text)).toThrow(refused);
  });

  test('may have extensions that are 1,000 levels deep, and no deeper', () => {
    const nested = (depth: number) => `{"query":"{a}","extensions":{"x":${'['.repeat(depth)}${']'.repeat(depth)}}}`;
    expect(parseBody(nested(999)).extensions).toHaveProperty('x');
    expect(() => parseBody(nested(1_001))).toThrow('"extensions" is nested deeper than 1000 levels.');
    expect(() => parseBody(nested(100_000))).toThrow(refused);
  });
});

describe('numbers that JavaScript would write otherwise', () => {
  const odd = '{"big":9007199254740993,"list":[1.0,-0,1e400,{"n":0.10}],"__proto__":2.0}';
  const body = `{"query":"{a}","operationName":null,"variables":${odd},"extensions":{"e":1.50}}`;

  test('are plain ones here', () => {
    const { variables, extensions } = parseBody(body);
    expect(variables).toMatchObject({ big: 2 ** 53, list: [1, -0, Number.POSITIVE_INFINITY, { n: 0.1 }] });
    expect(extensions).toEqual({ e: 1.5 });
  });

  test('are written anew as they came, by POST and by GET', () => {
    expect(toBody(parseBody(body))).toBe(body);
    const search = new URLSearchParams({ query: '{a}', extensions: ' {"e":1.50}', variables: `\n${odd} ` });
    expect(toBody(parseSearch(search.toString()))).toBe(body);
  });

  test('are written without what was left out on the way', () => {
    const extensions = '{"persistedQuery":{"version":1,"sha256Hash":"x"},"e":1.50}';
    const params = parseBody(`{"query":"{a}","variables":{"x":1.0,"y":2.0},"extensions":${extensions}}`);
    const written = '{"query":"{a}","operationName":null,"variables":{"y":2.0},"extensions":{"e":1.50}}';
    expect(toBody({ ...params, variables: { y: 2 } })).toBe(written);
  });

  test('are those that they were read as where their text is not at hand', () => {
    const params = toParams({ query: '{a}', variables: { x: 1.5 } }, undefined);
    expect(toBody(params)).toBe('{"query":"{a}","operationName":null,"variables":{"x":1.5}}');
  });
});
