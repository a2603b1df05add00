import { LatchkeyError } from '../domain/errors.js';
import type { Variables } from '../gateway/document.js';
import { mayHaveOddNumbers, parseExact, stringifyExact } from '../lib/exact-json.js';
import { isRecord } from '../lib/is-record.js';
import { countMembers, findRepeatedMember } from '../lib/json-members.js';
import { maxNesting } from '../lib/json-nesting.js';

/** The parameters of GraphQL over HTTP §5.1. Other members of a body are ignored. */
export interface Params {
  /** Empty where `documentId` or `hash` stands for it. */
  readonly query: string;
  readonly operationName: string | null;
  readonly variables: Variables;
  /** Without `persistedQuery`, which is between the caller and us. */
  readonly extensions?: Readonly<Record<string, unknown>> | undefined;
  /** Names the document, where there is no query (GraphQL over HTTP, Appendix A). */
  readonly documentId?: string | undefined;
  /** The SHA-256 of the document, of a client with automatic persisted queries. */
  readonly hash?: string | undefined;
  /** The upstream is not to get the bytes of the caller but what stands here: it must not look for a document by itself. */
  readonly isNamed: boolean;
  /** The bytes they were read from say this and nothing else, to whatever server: they may go on as they are. */
  readonly isVerbatim: boolean;
  /** JSON of an object in which `variables` and `extensions` stand as they were written; undefined if that is not at hand. */
  readonly written: string | undefined;
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
  return toParams(body, text, isUnderstoodByAll(text, body));
}

/** From the search part of a URL. Throws BAD_REQUEST. */
export function parseSearch(search: string): Params {
  const values: Record<string, unknown> = {};
  const written: string[] = [];
  for (const [name, value] of new URLSearchParams(search)) {
    // Which of two would be meant, the next server may see differently.
    if (Object.hasOwn(values, name))
      throw new LatchkeyError('BAD_REQUEST', { message: `The URL has two parameters "${name}".` });
    const isJson = name === 'variables' || name === 'extensions';
    values[name] = isJson ? parseJson(name, value) : value;
    if (isJson && value !== '') written.push(`"${name}":${value}`);
  }
  countNested(values.variables, 'variables', 0);
  countNested(values.extensions, 'extensions', 0);
  return toParams(values, `{${written}}`);
}

function parseJson(name: string, value: string): unknown {
  if (value === '') return null;
  try {
    return JSON.parse(value);
  } catch {
    throw new LatchkeyError('BAD_REQUEST', { message: `The parameter "${name}" is not JSON.` });
  }
}

const known: ReadonlySet<string> = new Set(['query', 'operationName', 'variables', 'extensions']);

/**
 * Whether every server reads what we read: JSON.parse takes the last of two members of one name, others the first,
 * and Go's compares names without case. Throws BAD_REQUEST for both. Members that we ignore mean something to some
 * servers (the id of a persisted document), so with one of them the text is for nobody but us.
 */
function isUnderstoodByAll(text: string, body: Record<string, unknown>): boolean {
  let members = 0;
  let isPlain = true;
  for (const name in body) {
    members += 1 + countNested(body[name], name, 0);
    if (known.has(name)) continue;
    isPlain = false;
    // Upper case first: it makes S of ſ, too, as Go does.
    const folded = [...known].find((one) => one.toLowerCase() === name.toUpperCase().toLowerCase());
    if (folded) throw badRequest(`The request body has "${name}" where "${folded}" may be meant.`);
  }
  if (countMembers(text) !== members) {
    throw badRequest(`The request body has the member "${findRepeatedMember(text)?.slice(0, 100)}" twice.`);
  }
  return isPlain;
}

/** From a record that was JSON, and that is read from `written`. Throws BAD_REQUEST. */
export function toParams(
  { query, operationName, variables, extensions, documentId }: Record<string, unknown>,
  written: string | undefined,
  isPlain = false,
): Params {
  if (!isAbsent(operationName) && typeof operationName !== 'string') throw invalid('operationName', 'a string or null');
  if (!isAbsent(variables) && !isRecord(variables)) throw invalid('variables', 'an object or null');
  if (!isAbsent(extensions) && !isRecord(extensions)) throw invalid('extensions', 'an object or null');
  const name = isAbsent(extensions) && isAbsent(documentId) ? plain : readName(query, documentId, extensions ?? {});
  const hasName = name.documentId !== undefined || name.hash !== undefined;
  if (typeof query !== 'string' && !(isAbsent(query) && hasName)) throw invalid('query', 'a string');
  const { documentId: id, hash, extensions: others, isNamed } = name;
  return {
    query: query ?? '',
    // An empty name comes from forms and old clients, and means none.
    operationName: operationName ? operationName : null,
    variables: variables ?? null,
    extensions: others,
    documentId: id,
    hash,
    isNamed,
    isVerbatim: isPlain && !isNamed,
    written,
  };
}

type Name = Pick<Params, 'documentId' | 'hash' | 'extensions' | 'isNamed'>;

/** Of a request that has nothing but a document. */
const plain: Name = { isNamed: false };

function readName(query: unknown, documentId: unknown, extensions: Readonly<Record<string, unknown>>): Name {
  const { persistedQuery, ...others } = extensions;
  return {
    documentId: readDocumentId(query, documentId),
    hash: readHash(persistedQuery),
    extensions: others,
    isNamed: !isAbsent(documentId) || !isAbsent(persistedQuery),
  };
}

/** An id beside a query is not looked at. */
function readDocumentId(query: unknown, documentId: unknown): string | undefined {
  if (!isAbsent(query) || isAbsent(documentId)) return undefined;
  if (typeof documentId !== 'string' || documentId === '') throw invalid('documentId', 'a string that is not empty');
  return documentId;
}

/** What Apollo's clients send, and others after them: a version and the hash. */
function readHash(persistedQuery: unknown): string | undefined {
  if (isAbsent(persistedQuery)) return undefined;
  const { version, sha256Hash } = isRecord(persistedQuery) ? persistedQuery : {};
  if (version === 1 && typeof sha256Hash === 'string' && sha256Hash !== '') return sha256Hash;
  throw invalid('extensions.persistedQuery', 'an object with "version": 1 and a "sha256Hash"');
}

/** The body of a request to a GraphQL server that knows no names of ours. */
export function toBody(params: Params): string {
  const { query, operationName } = params;
  return stringifyExact({ query, operationName, ...withWrittenNumbers(params) });
}

/**
 * Variables and extensions for stringifyExact, and nothing else: numbers are those that the caller wrote, also
 * 9007199254740993 and 1.0.
 */
export function withWrittenNumbers({
  variables,
  extensions,
  written,
}: Params): Pick<Params, 'variables' | 'extensions'> {
  if (written === undefined || !mayHaveOddNumbers(written)) return { variables, extensions };
  const exact = parseExact(written) as Pick<Params, 'variables' | 'extensions'>;
  return { variables: pick(exact.variables, variables), extensions: pick(exact.extensions, extensions) };
}

/** Some members may have been left out on the way. */
function pick<T extends Variables | undefined>(from: T, wanted: T): T {
  return from && wanted ? (Object.fromEntries(Object.keys(wanted).map((name) => [name, from[name]])) as T) : wanted;
}

/**
 * The members of all objects in a value. JSON.parse does not call itself for each level, JSON.stringify and coercion
 * do, and would end at the end of the stack: throws BAD_REQUEST, with the `name` of the value, where it is too deep.
 */
function countNested(value: unknown, name: string, depth: number): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (depth > maxNesting) throw badRequest(`"${name.slice(0, 100)}" is nested deeper than ${maxNesting} levels.`);
  let members = 0;
  if (Array.isArray(value)) for (const child of value) members += countNested(child, name, depth + 1);
  else for (const key in value) members += 1 + countNested((value as Record<string, unknown>)[key], name, depth + 1);
  return members;
}

function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

function invalid(name: string, expected: string): LatchkeyError {
  return badRequest(`"${name}" has to be ${expected}.`);
}

function badRequest(message: string): LatchkeyError {
  return new LatchkeyError('BAD_REQUEST', { message });
}
