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
