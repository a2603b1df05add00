import { describe, expect, test } from 'vitest';
import { createEventParser } from './sse-parser.js';

/** The events of a text that comes in pieces of that many bytes. */
function parse(text: string, size = Number.MAX_SAFE_INTEGER) {
  const bytes = Buffer.from(text);
  const feed = createEventParser(1_000);
  const events = [];
  for (let at = 0; at < bytes.length; at += size) events.push(...feed(bytes.subarray(at, at + size)));
  return events;
}

describe('a stream of server-sent events', () => {
  const text =
    ':\n\nevent: next\ndata: {"ü":1}\n\nevent:next\r\ndata:{\r\ndata: }\r\n\r\ndata\n\nid: 7\nretry: 1\n\nevent: complete\n\n';
  const events = [
    { event: 'next', data: '{"ü":1}' },
    { event: 'next', data: '{\n}' },
    { event: 'message', data: '' },
    { event: 'complete', data: '' },
  ];

  test.each([1, 2, 3, 7, 1_000])('is read in pieces of %i bytes', (size) => {
    expect(parse(text, size)).toEqual(events);
  });

  test('may end its lines with CR alone', () => {
    for (const size of [1, 4, 1_000]) {
      expect(parse('event: next\rdata: 1\r\r:', size)).toEqual([{ event: 'next', data: '1' }]);
    }
  });

  test('has an event when its last byte is there', () => {
    expect(parse('data: 1\r\r')).toEqual([{ event: 'message', data: '1' }]);
    expect(parse('data: 1\r\n\r', 1)).toEqual([{ event: 'message', data: '1' }]);
  });

  test('has one line end where CR and LF come in two pieces, with nothing or half a sign between', () => {
    const feed = createEventParser(1_000);
    const fed = ['data: 1\r', '', '\ndata: 2\r', '\n\r', '\n', 'data: 3\n\n'].map((text) => feed(Buffer.from(text)));
    expect(fed.flat()).toEqual([
      { event: 'message', data: '1\n2' },
      { event: 'message', data: '3' },
    ]);
  });

  test('is read in time that grows with its size alone, however large an event is', () => {
    const pieces = (size: number) => {
      const feed = createEventParser(size);
      const piece = Buffer.alloc(4_096, 'x');
      feed(Buffer.from('data: '));
      for (let fed = 0; fed < size - 4_096; fed += 4_096) feed(piece);
      expect(feed(Buffer.from('\n\n'))).toHaveLength(1);
    };
    const fastest = (run: () => void) => {
      const times = Array.from({ length: 5 }, () => {
        const begin = performance.now();
        run();
        return performance.now() - begin;
      });
      return Math.min(...times);
    };
    const manySmall = fastest(() => {
      for (let i = 0; i < 16; i++) pieces(512 * 1024);
    });
    // As many bytes: sixteen times as long if each piece is looked at with all that came before it.
    expect(fastest(() => pieces(8 * 1024 * 1024)) / manySmall).toBeLessThan(5);
  });

  test('has no event that was not completed', () => {
    expect(parse('event: next\ndata: 1\n')).toEqual([]);
  });

  test('is refused if an event does not end, in one line or in many', () => {
    expect(() => parse(`data: ${'x'.repeat(1_000)}`)).toThrow(RangeError);
    expect(() => parse('data: x\n'.repeat(600), 10)).toThrow(RangeError);
  });
});
