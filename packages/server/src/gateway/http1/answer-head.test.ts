import { describe, expect, test } from 'vitest';
import { parseAnswerHead } from './answer-head.js';

const parse = (...lines: string[]) => parseAnswerHead(lines.join('\r\n'));
const ok = 'HTTP/1.1 200 OK';

describe('the head of an answer', () => {
  test('has the status, and the fields with names in lower case and values without space around them', () => {
    const head = parse(ok, 'Content-Type: application/json', 'X-A:  b \t', 'x-a:c', 'X-Empty:', 'X-Colon: a:b: c');
    expect(head).toEqual({
      status: 200,
      fields: ['content-type', 'application/json', 'x-a', 'b', 'x-a', 'c', 'x-empty', '', 'x-colon', 'a:b: c'],
      length: undefined,
      isChunked: false,
      keepFor: 0,
    });
  });

  test.each(['HTTP/1.1 200', 'HTTP/1.1 200 ', 'HTTP/1.1 200 All right', 'HTTP/1.1 200 Schön', 'HTTP/1.0 200 OK'])(
    'may begin with %j',
    (line) => {
      expect(parse(line, 'content-length: 1')).toMatchObject({ status: 200, length: 1 });
    },
  );

  test.each([
    ['a length', ['content-length: 12'], { length: 12, isChunked: false }],
    ['chunks', ['Transfer-Encoding: Chunked'], { length: undefined, isChunked: true }],
    ['the end of the connection', [], { length: undefined, isChunked: false, keepFor: 0 }],
  ])('says that the body ends by %s', (_, fields, expected) => {
    expect(parse(ok, ...fields)).toMatchObject(expected);
  });

  test.each(['HTTP/1.1 204 No Content', 'HTTP/1.1 304 Not Modified', 'HTTP/1.1 100 Continue'])(
    'after %j has no body, whatever it says',
    (line) => {
      expect(parse(line, 'content-length: 12')).toMatchObject({ length: 0, isChunked: false });
      expect(parse(line, 'transfer-encoding: chunked')).toMatchObject({ length: 0, isChunked: false });
    },
  );

  test.each([
    ['for four seconds where nothing is said', ok, [], 4_000],
    ['a second less than the server would', ok, ['Keep-Alive: timeout=30, max=100'], 29_000],
    ['for a minute at most', ok, ['keep-alive: max=5,timeout=86400'], 60_000],
    ['not, where the server would for one second only', ok, ['keep-alive: timeout=1'], 0],
    ['not after Connection: close', ok, ['Connection: foo, Close'], 0],
    [
      'not after Connection: close, whatever stands there besides',
      ok,
      ['connection: close', 'keep-alive: timeout=5'],
      0,
    ],
    ['not by a field that only holds the word', ok, ['connection: closet'], 4_000],
    ['not with HTTP/1.0', 'HTTP/1.0 200 OK', ['connection: keep-alive', 'keep-alive: timeout=30'], 0],
  ])('lets the connection be kept %s', (_, line, fields, keepFor) => {
    expect(parse(line, 'content-length: 0', ...fields).keepFor).toBe(keepFor);
  });

  test.each([
    ['no HTTP', ['SSH-2.0-OpenSSH_9.2']],
    ['another version', ['HTTP/2 200 OK']],
    ['a status that is no number', ['HTTP/1.1 2OO OK']],
    ['a status of four digits', ['HTTP/1.1 2000']],
    ['a control character in its first line', ['HTTP/1.1 200 O\0K']],
    ['a line without a colon', [ok, 'content-length 5']],
    ['a name that is none', [ok, ': 5']],
    ['a space before the colon', [ok, 'content-length : 5']],
    ['a folded line', [ok, 'x-a: b', ' c: d']],
    ['a bare LF', [ok, 'x-a: b\ncontent-length: 5']],
    ['a bare CR', [ok, 'x-a: b\rcontent-length: 5']],
    ['a NUL', [ok, 'x-a: b\0']],
    ['two lengths', [ok, 'content-length: 5', 'content-length: 6']],
    ['the same length twice', [ok, 'content-length: 5', 'content-length: 5']],
    ['a list of lengths', [ok, 'content-length: 5, 5']],
    ['a signed length', [ok, 'content-length: +5']],
    ['a hexadecimal length', [ok, 'content-length: 0x5']],
    ['an empty length', [ok, 'content-length:']],
    ['a length beyond exact numbers', [ok, `content-length: ${'9'.repeat(16)}`]],
    ['a length and chunks', [ok, 'content-length: 5', 'transfer-encoding: chunked']],
    ['chunks twice', [ok, 'transfer-encoding: chunked', 'transfer-encoding: chunked']],
    ['a coding that is not known', [ok, 'transfer-encoding: gzip, chunked']],
    ['a coding that hides the word', [ok, 'transfer-encoding: xchunked']],
    ['a coding behind a vertical tab', [ok, 'transfer-encoding: \vchunked']],
  ])('is refused with %s', (_, lines) => {
    expect(() => parse(...lines)).toThrow(expect.objectContaining({ name: 'InvalidAnswer' }));
  });
});
