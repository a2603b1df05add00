import { isRecord } from '../lib/is-record.js';
import type { Answer } from './merge.js';

/**
 * Whether a JSON value is an answer as GraphQL §7.1 has it, so that it can be taken apart: an object for `data` and
 * `extensions`, a list of objects with messages for `errors`.
 */
export function isAnswer(value: unknown): value is Answer {
  if (!isRecord(value) || !('data' in value || 'errors' in value)) return false;
  const { data, errors, extensions } = value;
  return isRecordOrNothing(data) && isRecordOrNothing(extensions) && areErrors(errors);
}

function areErrors(errors: unknown): boolean {
  if (errors === undefined || errors === null) return true;
  return Array.isArray(errors) && errors.every((error) => isRecord(error) && typeof error.message === 'string');
}

function isRecordOrNothing(value: unknown): boolean {
  return value === undefined || value === null || isRecord(value);
}

/** Far above what GraphQL nests; JSON.stringify and a walk call themselves for each level, and end at the end of the stack. */
const maxNesting = 1_000;

const [quote, backslash] = [0x22, 0x5c];

/** Whether a JSON text has at most 1,000 levels of lists and objects: JSON.parse alone would take any number. */
export function isShallow(text: string): boolean {
  if (text.length < 2 * maxNesting) return true;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === quote) i = endOfString(text, i);
    // The brackets of lists and objects differ in one bit.
    else if ((unit | 0x20) === 0x7b) {
      if (++depth > maxNesting) return false;
    } else if ((unit | 0x20) === 0x7d) depth--;
  }
  return true;
}

/** Where the string that begins at `start` ends. */
function endOfString(text: string, start: number): number {
  let end = start;
  do {
    end = text.indexOf('"', end + 1);
    if (end < 0) return text.length;
  } while (isEscaped(text, end));
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(at - 1 - backslashes) === backslash) backslashes++;
  return backslashes % 2 === 1;
}
