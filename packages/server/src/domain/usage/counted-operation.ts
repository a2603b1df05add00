import type { MutableCounters } from './counters.js';

/** What is known of an operation before it is run; made once for a document. */
export interface CountedOperation {
  /** Its name, cut to `maxNameLength`; `anonymous` where it has none. */
  readonly name: string;
  /** How many fields it asks for, with each fragment counted wherever it is spread. */
  readonly fields: number;
  /** Its counters for the metrics, once it has some of its own. */
  series: MutableCounters | undefined;
}

/** No name in GraphQL has a parenthesis, so no caller can count under these. */
export const anonymous = '(anonymous)';
export const other = '(other)';

/** Code units of the name of an operation that are told apart. */
const maxNameLength = 100;

/** A copy: a part of the document's text would keep the whole of it in memory. */
export function createCountedOperation(name: string | undefined, fields: number): CountedOperation {
  const copy = name === undefined ? anonymous : Buffer.from(name.slice(0, maxNameLength)).toString();
  return { name: copy, fields, series: undefined };
}
