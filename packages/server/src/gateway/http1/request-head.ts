import type { RawHeaders } from '../headers.js';
import { isFieldName, isFieldValue } from './field.js';

/** What says where a request ends and how its connection is used is written here alone (RFC 9112 §11.2). */
const own = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
  'trailer',
]);

/** Callers send the same few names again and again, and mostly what the one before has sent with them. */
const maxRemembered = 500;
const longestName = 64;
const longestValue = 4_096;
/** Good names, each with the value that was found to be good last. */
const good = new Map<string, string>();

/**
 * The text of the header fields (RFC 9112 §5), each character a byte. Throws a TypeError where a name or a value could
 * end the line or the head, or say something of the message or its connection.
 */
export function fieldLines(headers: RawHeaders): string {
  let lines = '';
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    if (good.get(name) !== value) check(name, value);
    lines += `${name}: ${value}\r\n`;
  }
  return lines;
}

function check(name: string, value: string): void {
  if (!good.has(name)) {
    if (!isFieldName(name)) throw new TypeError('The name of a header field has a character that none may have.');
    if (own.has(name.toLowerCase())) throw new TypeError(`The header field ${name} is not for others to set.`);
  }
  if (!isFieldValue(value)) throw new TypeError(`The header field ${name} has a character that none may have.`);
  if (value.length > longestValue || name.length > longestName) return;
  if (good.has(name) || good.size < maxRemembered) good.set(name, value);
}
