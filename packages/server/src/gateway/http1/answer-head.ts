import { InvalidAnswer } from './failures.js';
import { isFieldName, isFieldValue } from './field.js';

/** The head of an answer (RFC 9112 §4, §5), and how its body is told from what follows it. */
export interface AnswerHead {
  readonly status: number;
  /** Names in lower case and values in turn. */
  readonly fields: string[];
  /** Bytes of the body; undefined where it comes in chunks or ends with the connection. */
  readonly length: number | undefined;
  readonly isChunked: boolean;
  /** Milliseconds that the connection may lie idle before its next request; 0 where there must be none. */
  readonly keepFor: number;
}

/** Bytes of a head: as many as Node's own client takes. */
export const maxHeadSize = 16_384;

/** Milliseconds, where the other side does not say: Node's own servers close after five seconds, others later. */
const usualKeep = 4_000;
/** Milliseconds before the end that it names: a request that is under way by then would be lost. */
const margin = 1_000;
const longestKeep = 60_000;

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;

/**
 * Reads a head from its text, each byte a character, without the empty line at its end. Throws InvalidAnswer at
 * whatever two readers might read in two ways: of an answer that a proxy splits where its caller does not, the rest would
 * be taken for the answer to the next request (RFC 9112 §11.1).
 */
export function parseAnswerHead(text: string): AnswerHead {
  const end = text.length;
  let at = lineEnd(text, 0);
  const first = text.slice(0, at);
  const match = statusLine.exec(first);
  if (!match || !isFieldValue(first)) throw new InvalidAnswer('the status line is not one of HTTP/1.1');
  const status = Number(match[2]);
  const fields: string[] = [];
  let length: number | undefined;
  let isChunked = false;
  let keepFor = match[1] === '1' ? usualKeep : 0;
  for (at += 2; at < end; ) {
    const stop = lineEnd(text, at);
    const colon = text.indexOf(':', at);
    if (colon < 0 || colon > stop) throw new InvalidAnswer('a header field has no colon');
    const { name, role } = nameOf(text.slice(at, colon));
    const value = trimmed(text, colon + 1, stop);
    fields.push(name, value);
    if (role === 'content-length') {
      if (length !== undefined || !/^\d{1,15}$/.test(value)) throw new InvalidAnswer('Content-Length is no one number');
      length = Number(value);
    } else if (role === 'transfer-encoding') {
      if (isChunked || value.toLowerCase() !== 'chunked') throw new InvalidAnswer('Transfer-Encoding is not "chunked"');
      isChunked = true;
    } else if (role === 'connection') {
      if (/(^|,)[ \t]*close[ \t]*(,|$)/i.test(value)) keepFor = 0;
    } else if (role === 'keep-alive') {
      if (keepFor > 0) keepFor = keepOf(value);
    }
    at = stop + 2;
  }
  if (isChunked && length !== undefined) throw new InvalidAnswer('both Content-Length and Transfer-Encoding');
  // RFC 9112 §6.3: these have no body, whatever they say.
  if (status < 200 || status === 204 || status === 304) return { status, fields, length: 0, isChunked: false, keepFor };
  return { status, fields, length, isChunked, keepFor: length === undefined && !isChunked ? 0 : keepFor };
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf('\r\n', from);
  return at < 0 ? text.length : at;
}

/** The value without the spaces and tabs around it (RFC 9110 §5.5). */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  const value = text.slice(start, end);
  if (!isFieldValue(value)) throw new InvalidAnswer('a header field has a control character');
  return value;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function keepOf(value: string): number {
  const seconds = /(?:^|[,; \t])timeout=(\d{1,6})/i.exec(value)?.[1];
  return seconds === undefined ? usualKeep : Math.min(longestKeep, Math.max(0, Number(seconds) * 1000 - margin));
}

/** The fields that say how the message and its connection end. */
const roles = ['content-length', 'transfer-encoding', 'connection', 'keep-alive'] as const;

interface Name {
  /** In lower case. */
  readonly name: string;
  readonly role: (typeof roles)[number] | undefined;
}

/** The other side writes the same few names again and again; one that does not must not fill the memory. */
const maxRemembered = 500;
const names = new Map<string, Name>();

/** No space may stand before the colon, nor at the beginning of a line, where it once folded one (RFC 9112 §5.1, §5.2). */
function nameOf(written: string): Name {
  const known = names.get(written);
  if (known) return known;
  if (!isFieldName(written)) throw new InvalidAnswer('the name of a header field is no token');
  const lower = written.toLowerCase();
  const name = { name: lower, role: roles.find((role) => role === lower) };
  if (names.size < maxRemembered && written.length <= 64) names.set(written, name);
  return name;
}
