import { InvalidAnswer } from './failures.js';

export interface ChunkedReader {
  /**
   * Goes on from `at` to the next piece of the body in `bytes`, of which there are `end`. Returns where it ends, with
   * its beginning in `start`; both are the same where there is no piece. Throws InvalidAnswer.
   */
  next(bytes: Uint8Array, at: number, end: number): number;
  /** Where the piece begins that `next` has found. */
  readonly start: number;
  /** The last chunk and its trailer have been read. */
  readonly isDone: boolean;
}

/** Bytes of one chunk: exact as a number, whatever is added. */
const maxSize = 2 ** 40;
/** Bytes of the line before a chunk, and of the trailer, which nobody reads: they must not go on for ever. */
const maxIgnored = 16_384;

const cr = 0x0d;
const lf = 0x0a;

/** Takes the chunked coding off a body (RFC 9112 §7.1), in whatever pieces it comes. The trailer is dropped (§7.1.2). */
export function createChunkedReader(): ChunkedReader {
  let state: 'size' | 'blank' | 'extension' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer' | 'end-lf' =
    'size';
  let left = 0;
  let digits = 0;
  let ignored = 0;
  let lineLength = 0;

  const reader = {
    start: 0,
    isDone: false,
    next(bytes: Uint8Array, from: number, end: number): number {
      let at = from;
      while (at < end && !reader.isDone) {
        if (state === 'data') {
          reader.start = at;
          const stop = Math.min(end, at + left);
          left -= stop - at;
          if (left === 0) state = 'data-cr';
          return stop;
        }
        step(bytes[at++] as number);
      }
      reader.start = at;
      return at;
    },
  };

  function step(byte: number): void {
    switch (state) {
      case 'size': {
        const digit = hexadecimal(byte);
        if (digit >= 0) {
          digits++;
          left = left * 16 + digit;
          ignore(byte);
          if (left > maxSize) throw new InvalidAnswer('a chunk is too large');
          return;
        }
        if (digits === 0) throw new InvalidAnswer('a chunk has no size');
        if (byte === cr) state = 'size-lf';
        else if (byte === 0x3b) state = 'extension';
        else if (byte === 0x20 || byte === 0x09) state = 'blank';
        else throw new InvalidAnswer('the size of a chunk is no number');
        return;
      }
      case 'blank':
        if (byte === 0x3b) state = 'extension';
        else if (byte === cr) state = 'size-lf';
        else if (byte !== 0x20 && byte !== 0x09) throw new InvalidAnswer('the size of a chunk is no number');
        ignore(byte);
        return;
      case 'extension':
        if (byte === cr) state = 'size-lf';
        else ignore(byte);
        return;
      case 'size-lf':
        mustBe(lf, byte);
        digits = 0;
        ignored = 0;
        state = left === 0 ? 'trailer' : 'data';
        return;
      case 'data-cr':
        mustBe(cr, byte);
        state = 'data-lf';
        return;
      case 'data-lf':
        mustBe(lf, byte);
        state = 'size';
        return;
      case 'trailer':
        if (byte === cr) {
          state = 'end-lf';
          return;
        }
        lineLength++;
        ignore(byte);
        return;
      case 'end-lf':
        mustBe(lf, byte);
        if (lineLength === 0) reader.isDone = true;
        lineLength = 0;
        state = 'trailer';
        return;
    }
  }

  function ignore(byte: number): void {
    if (byte === lf || byte === 0) throw new InvalidAnswer('a line of the chunked coding has a control character');
    if (++ignored > maxIgnored) throw new InvalidAnswer('a line of the chunked coding has more than 16 KiB');
  }

  return reader;
}

function mustBe(expected: number, byte: number): void {
  if (byte !== expected) throw new InvalidAnswer('a line of the chunked coding does not end with CR and LF');
}

function hexadecimal(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
