import { randomBytes } from 'node:crypto';
import { afterString } from './json-string.js';

/** Stands before a number that is kept as text. Nobody outside of this process can know it, and so write it. */
const mark = `number-${randomBytes(16).toString('hex')}:`;

/** Where there is nothing like it, every number is one that JavaScript writes as it was. */
const oddNumber = /\d{16}|\d[.eE]|-0(?!\d)/;

// RFC 8259 §6, with what JSON.parse then refuses left standing behind it.
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * JSON.parse, but numbers that JavaScript would write otherwise (12345678901234567890, 1.0, 1e400) become a text that
 * stringifyExact turns back. Throws a SyntaxError like it.
 */
export function parseExact(text: string): unknown {
  return JSON.parse(mayHaveOddNumbers(text) ? withMarks(text) : text);
}

/** Whether parseExact might give anything else than JSON.parse. */
export function mayHaveOddNumbers(text: string): boolean {
  return oddNumber.test(text);
}

/** JSON.stringify, with numbers of parseExact as they were. */
export function stringifyExact(value: unknown): string {
  const text = JSON.stringify(value);
  return text.includes(mark) ? text.replace(marked, '$1') : text;
}

const marked = new RegExp(`"${mark}([-+.\\deE]+)"`, 'g');

function withMarks(text: string): string {
  const pieces: string[] = [];
  let done = 0;
  for (let at = 0; at < text.length; ) {
    const sign = text.charCodeAt(at);
    if (sign === 0x22) at = afterString(text, at);
    else if (sign === 0x2d || (sign >= 0x30 && sign <= 0x39)) {
      number.lastIndex = at;
      const written = number.exec(text)?.[0] ?? '-';
      if (written !== '-' && String(Number(written)) !== written) {
        pieces.push(text.slice(done, at), `"${mark}${written}"`);
        done = at + written.length;
      }
      at += written.length;
    } else at++;
  }
  return pieces.length === 0 ? text : pieces.join('') + text.slice(done);
}
