import { describe, expect, test } from 'vitest';
import { parseBody, parseSearch } from './params.js';

const code = (name: string) => expect.objectContaining({ code: name });
const refused = code('BAD_REQUEST');

describe('a JSON body', () => {
  test('gives query, name and variables, and null for what is not there', () => {
    expect(parseBody('{"query":"{a}","operationName":"A","variables":{"x":1},"extensions":{},"more":1}')).toEqual({
      query: '{a}',
      operationName: 'A',
      variables: { x: 1 },
    });
    expect(parseBody('{"query":"{a}","operationName":null,"variables":null,"extensions":null}')).toEqual({
      query: '{a}',
      operationName: null,
      variables: null,
    });
    expect(parseBody('{"query":""}')).toEqual({ query: '', operationName: null, variables: null });
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
    expect(parseSearch(search.toString())).toEqual({ query: '{a}', operationName: 'A', variables: { x: '&=' } });
  });

  test('may have empty variables, as forms send them', () => {
    expect(parseSearch('query={a}&variables=&extensions=&operationName=')).toEqual({
      query: '{a}',
      operationName: null,
      variables: null,
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
