import { describe, expect, test } from 'vitest';
import { readAnswerHead } from './answer-head.js';

const read = (...fields: string[]) => readAnswerHead(fields);

describe('the head of an answer', () => {
  test('has the fields one by one, but for cookies, CORS and what belongs to the connection', () => {
    const { headers } = read(
      ...['content-type', 'application/json', 'vary', 'a', 'vary', 'b', 'set-cookie', 'a=1', 'set-cookie', 'b=2'],
      ...['access-control-allow-origin', '*', 'access-control-anything', 'x', 'connection', 'keep-alive'],
      ...['keep-alive', 'timeout=5', 'transfer-encoding', 'chunked', 'date', 'now', 'x-request-id', 'theirs'],
    );
    expect(headers).toEqual(['content-type', 'application/json', 'vary', 'a', 'vary', 'b']);
  });

  test.each([
    ['application/json', 'json'],
    ['Application/JSON; charset=utf-8', 'json'],
    ['application/graphql-response+json;charset=utf-8', 'json'],
    ['application/vnd.api+json', 'json'],
    ['multipart/mixed; boundary="-"', 'stream'],
    ['text/event-stream', 'stream'],
    ['text/html', 'other'],
    ['text/json', 'other'],
    ['application/jsonp', 'other'],
    ['application/json+html', 'other'],
    ['text/html; application/json', 'other'],
    ['multipart/form-data', 'other'],
    ['', 'other'],
  ])('says of %j that it is %s', (type, kind) => {
    expect(read('content-type', type).kind).toBe(kind);
  });

  test('says of JSON in a content coding that it is packed', () => {
    expect(read('content-type', 'application/json', 'content-encoding', 'br').kind).toBe('packed');
    expect(read('content-type', 'application/json', 'content-encoding', 'identity').kind).toBe('json');
    expect(read('content-type', 'text/html', 'content-encoding', 'br').kind).toBe('other');
  });

  test('has no field that is hidden', () => {
    const raw = ['x-api-key', 's', 'authorization', 'Bearer x', 'x-other', 'y'];
    expect(readAnswerHead(raw, new Set(['x-api-key', 'authorization'])).headers).toEqual(['x-other', 'y']);
  });

  test('says nothing of what is not there', () => {
    expect(read()).toEqual({
      kind: 'other',
      length: Number.NaN,
      headers: [],
      retryAfter: undefined,
      saysCaching: false,
    });
  });

  test('has the length, and the seconds of Retry-After if they are seconds', () => {
    expect(read('content-length', '12', 'retry-after', '7')).toMatchObject({ length: 12, retryAfter: 7 });
    expect(read('retry-after', 'Wed, 21 Oct 2026 07:28:00 GMT').retryAfter).toBeUndefined();
  });

  test('does not fill the memory, whatever names there are', () => {
    for (let i = 0; i < 2_000; i++) expect(read(`x-${i}`, 'x').headers).toEqual([`x-${i}`, 'x']);
    expect(read('x-late', '1', 'set-cookie', 'a').headers).toEqual(['x-late', '1']);
  });
});
