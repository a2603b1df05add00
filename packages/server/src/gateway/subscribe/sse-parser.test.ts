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
    expect(parse('event: next\rdata: 1\r\r:', 4)).toEqual([{ event: 'next', data: '1' }]);
  });

  test('has no event that was not completed', () => {
    expect(parse('event: next\ndata: 1\n')).toEqual([]);
  });

  test('is refused if an event does not end, in one line or in many', () => {
    expect(() => parse(`data: ${'x'.repeat(1_000)}`)).toThrow(RangeError);
    expect(() => parse('data: x\n'.repeat(600), 10)).toThrow(RangeError);
  });
});
