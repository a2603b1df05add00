import { LatchkeyError } from '../domain/errors.js';

/** The parameters of GraphQL over HTTP §5.1. Other members of a body are ignored. */
export interface Params {
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>> | null;
}

/** From the text of a JSON body. Throws BAD_REQUEST or BATCHING_NOT_SUPPORTED. */
export function parseBody(text: string): Params {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // Not the parser's message: it quotes the text, and a password may stand there.
    throw new LatchkeyError('BAD_REQUEST', { message: 'The request body is not JSON.' });
  }
  if (Array.isArray(body)) throw new LatchkeyError('BATCHING_NOT_SUPPORTED');
  if (!isRecord(body)) throw new LatchkeyError('BAD_REQUEST', { message: 'The request body is not a JSON object.' });
  return toParams(body);
}

/** From the search part of a URL. Throws BAD_REQUEST. */
export function parseSearch(search: string): Params {
  const values: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    // Which of two would be meant, the next server may see differently.
    if (Object.hasOwn(values, name))
      throw new LatchkeyError('BAD_REQUEST', { message: `The URL has two parameters "${name}".` });
    values[name] = name === 'variables' || name === 'extensions' ? parseJson(name, value) : value;
  }
  return toParams(values);
}

function parseJson(name: string, value: string): unknown {
  if (value === '') return null;
  try {
    return JSON.parse(value);
  } catch {
    throw new LatchkeyError('BAD_REQUEST', { message: `The parameter "${name}" is not JSON.` });
  }
}

function toParams({ query, operationName, variables, extensions }: Record<string, unknown>): Params {
  if (typeof query !== 'string') throw invalid('query', 'a string');
  if (!isAbsent(operationName) && typeof operationName !== 'string') throw invalid('operationName', 'a string or null');
  if (!isAbsent(variables) && !isRecord(variables)) throw invalid('variables', 'an object or null');
  if (!isAbsent(extensions) && !isRecord(extensions)) throw invalid('extensions', 'an object or null');
  assertShallow(variables, 0);
  // An empty name comes from forms and old clients, and means none.
  return { query, operationName: operationName ? operationName : null, variables: variables ?? null };
}

const maxNesting = 1_000;

/** JSON.parse does not call itself for each level, JSON.stringify and coercion do, and would end at the end of the stack. */
function assertShallow(value: unknown, depth: number): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > maxNesting) {
    throw new LatchkeyError('BAD_REQUEST', { message: `"variables" is nested deeper than ${maxNesting} levels.` });
  }
  for (const child of Object.values(value)) assertShallow(child, depth + 1);
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(name: string, expected: string): LatchkeyError {
  return new LatchkeyError('BAD_REQUEST', { message: `"${name}" has to be ${expected}.` });
}
