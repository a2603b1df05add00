import { request } from 'node:http';
import { Duplex } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { createRandom, type Random } from '../../../test/differential/random.js';
import { createAnswerReader } from './answer-reader.js';

interface Read {
  readonly status: number;
  readonly body: string;
}

/**
 * What our reader makes of an answer that comes in `pieces` on a connection which then ends, and how many bytes belong
 * to it; undefined if it is none.
 */
function readByUs(pieces: readonly Buffer[]): (Read & { readonly size: number }) | undefined {
  let status = 0;
  let body = '';
  let size = 0;
  const reader = createAnswerReader({
    onHead: (head) => {
      status = head.status;
    },
    onData: (bytes) => {
      body += bytes.toString('latin1');
    },
  });
  reader.begin();
  try {
    for (const piece of pieces) if (!reader.isWhole) size += reader.read(piece, piece.length);
  } catch {
    return undefined;
  }
  return reader.isWhole || reader.end() ? { status, body, size } : undefined;
}

/** What Node's own client makes of it. */
function readByNode(pieces: readonly Buffer[]): Promise<Read | undefined> {
  const connection = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => done() });
  return new Promise((resolve) => {
    const asked = request({ method: 'POST', createConnection: () => connection as never });
    asked.on('error', () => resolve(undefined));
    asked.on('upgrade', () => resolve(undefined));
    asked.on('response', (answer) => {
      let body = '';
      answer.setEncoding('latin1').on('data', (text) => {
        body += text;
      });
      answer.on('error', () => resolve(undefined));
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      answer.on('aborted', () => resolve(undefined));
    });
    asked.end();
    for (const piece of pieces) connection.push(piece);
    connection.push(null);
  });
}

const seeds = [
  'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{"data":{}}',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: b\r\n\r\n4\r\n{"da\r\n7;x=y\r\nta":{}}\r\n0\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-t: u\r\n\r\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}',
  'HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n{"data":null}',
  'HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=5\r\nContent-Length: 3\r\n\r\nabc',
  'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
];

/** A chunk extension, or a trailer. */
const unread = /\r\n(?:[\da-f]+[ \t]*[; \t]|0+\r\n(?!\r\n))/i;

// No tab: RFC 9110 §5.5 allows one behind a value, and Node does not behind a length.
const signs = [
  '\r',
  '\n',
  '\r\n',
  ' ',

  ':',
  ';',
  ',',
  '0',
  '1',
  '5',
  'a',
  'F',
  'x',
  '-',
  '+',
  '\0',
  '\x0b',
  '\xa0',
];
const lines = [
  'Content-Length: 2\r\n',
  'Content-Length: 11\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Connection: close\r\n',
];

/** One of the answers with some of it changed. */
function changed(random: Random): string {
  let text = random.pick(seeds);
  for (let left = 1 + random.below(3); left > 0; left--) {
    const at = random.below(text.length);
    const line = text.lastIndexOf('\r\n', at) + 2;
    const after = (from: number, by: string, drop: number) => text.slice(0, from) + by + text.slice(from + drop);
    text = random.pick([
      () => after(at, random.pick(signs), 0),
      () => after(at, random.pick(signs), 1),
      () => after(at, '', 1 + random.below(3)),
      () => after(line, random.pick(lines), 0),
      () => after(line, text.slice(line, text.indexOf('\r\n', line) + 2), 0),
      () => text.slice(0, at),
    ])();
  }
  return text;
}

function cut(text: string, random: Random): readonly Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < text.length; ) {
    const length = random.oneIn(2) ? text.length : 1 + random.below(20);
    pieces.push(Buffer.from(text.slice(at, at + length), 'latin1'));
    at += length;
  }
  return pieces;
}

/** What Node makes of those bytes that we take for the answer. */
const byNode = (text: string, size: number, random: Random) => readByNode(cut(text.slice(0, size), random));

describe('answers', () => {
  test.each(seeds)('%j are read as by Node', async (text) => {
    const { size, ...ours } = readByUs([Buffer.from(text, 'latin1')]) ?? { size: 0 };
    expect(await byNode(text, size, createRandom(1))).toEqual(ours);
    expect(readByUs([...text].map((letter) => Buffer.from(letter, 'latin1')))).toEqual({ size, ...ours });
  });

  test('that are broken in some way are read as by Node, or refused', async () => {
    const random = createRandom(20_261_128);
    let read = 0;
    let refused = 0;
    for (let i = 0; i < 8_000; i++) {
      const text = changed(random);
      const found = readByUs(cut(text, random));
      if (found) {
        const { size, ...ours } = found;
        // We drop without reading what Node wants to be good.
        if (unread.test(text)) continue;
        expect(await byNode(text, size, random), JSON.stringify(text.slice(0, size))).toEqual(ours);
        read++;
      } else refused++;
    }
    // Neither all nor none.
    expect(read).toBeGreaterThan(1_000);
    expect(refused).toBeGreaterThan(1_000);
  });
});
