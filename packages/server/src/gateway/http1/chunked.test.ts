import { describe, expect, test } from 'vitest';
import { createChunkedReader } from './chunked.js';

/** What is read from `pieces`, and what stands behind it. */
function read(pieces: readonly Buffer[]) {
  const reader = createChunkedReader();
  let body = '';
  let rest = '';
  for (const bytes of pieces) {
    let at = 0;
    while (at < bytes.length && !reader.isDone) {
      const stop = reader.next(bytes, at, bytes.length);
      body += bytes.toString('latin1', reader.start, stop);
      at = stop;
    }
    rest += bytes.toString('latin1', at);
  }
  return { body, rest, isDone: reader.isDone };
}

const whole = (text: string) => read([Buffer.from(text, 'latin1')]);
const eachByte = (text: string) => read([...Buffer.from(text, 'latin1')].map((byte) => Buffer.of(byte)));

const good: readonly (readonly [string, string, string])[] = [
  [
    'several chunks',
    '4\r\nWiki\r\n6\r\npedia \r\nE\r\nin \r\n\r\nchunks.\r\n0\r\n\r\n',
    'Wikipedia in \r\n\r\nchunks.',
  ],
  ['no chunk', '0\r\n\r\n', ''],
  [
    'small and capital digits, and zeros before them',
    '00a\r\n0123456789\r\nA\r\nabcdefghij\r\n000\r\n\r\n',
    '0123456789abcdefghij',
  ],
  ['extensions', '3;a=b;c="d;e"\r\nabc\r\n2 ; x\r\nde\r\n0;last\r\n\r\n', 'abcde'],
  ['a trailer', '3\r\nabc\r\n0\r\nx-a: b\r\nContent-Length: 7\r\n\r\n', 'abc'],
];

describe('the chunked coding', () => {
  test.each(good)('with %s is taken off', (_, text, body) => {
    expect(whole(text)).toEqual({ body, rest: '', isDone: true });
    expect(eachByte(text)).toEqual({ body, rest: '', isDone: true });
  });

  test.each(good)('with %s is taken off wherever it is cut', (_, text, body) => {
    const bytes = Buffer.from(text, 'latin1');
    for (let at = 1; at < bytes.length; at++) {
      expect(read([bytes.subarray(0, at), bytes.subarray(at)])).toEqual({ body, rest: '', isDone: true });
    }
  });

  test('leaves what stands behind it', () => {
    expect(whole('1\r\na\r\n0\r\n\r\nHTTP/1.1 200')).toEqual({ body: 'a', rest: 'HTTP/1.1 200', isDone: true });
  });

  test('is not done before its last line', () => {
    const text = '1\r\na\r\n0\r\nx: y\r\n\r\n';
    for (let end = 0; end < text.length; end++) expect(whole(text.slice(0, end)).isDone).toBe(false);
  });

  test.each([
    ['no size', '\r\nabc'],
    ['a size that is no number', 'g\r\n'],
    ['a sign', '-1\r\n'],
    ['a prefix', '0x1\r\na'],
    ['a bare LF after the size', '1\na\n0\n\n'],
    ['a bare CR after the size', '1\ra'],
    ['more than its size', '1\r\nab\r\n'],
    ['less than its size', '3\r\na\r\n0\r\n\r\n'],
    ['a bare LF after the data', '1\r\na\n0\r\n\r\n'],
    ['a size beyond what a number holds', '10000000001\r\n'],
    ['a second number', '2 1\r\nab\r\n'],
    ['a bare LF in an extension', '1;a\nb\r\na\r\n'],
    ['a NUL in an extension', '1;a\0\r\na\r\n'],
    ['a bare LF in the trailer', '0\r\nx: y\n\r\n'],
    ['a bare CR in the trailer', '0\r\nx: y\rz\r\n\r\n'],
  ])('with %s is refused', (_, text) => {
    const invalid = expect.objectContaining({ name: 'InvalidAnswer' });
    expect(() => whole(text)).toThrow(invalid);
    expect(() => eachByte(text)).toThrow(invalid);
  });

  test('with extensions or a trailer without an end is refused', () => {
    expect(() => whole(`1;${'a'.repeat(20_000)}`)).toThrow('16 KiB');
    expect(() => whole('0'.repeat(20_000))).toThrow('16 KiB');
    expect(() => whole(`0\r\n${'x: y\r\n'.repeat(5_000)}`)).toThrow('16 KiB');
    // Each chunk may have some, as often as there are chunks.
    expect(whole(`${'1;abcdefgh\r\na\r\n'.repeat(3_000)}0\r\n\r\n`).body).toBe('a'.repeat(3_000));
  });
});
