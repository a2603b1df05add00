import { createHash } from 'node:crypto';
import { GraphQLError, parse } from 'graphql';
import { isRecord } from '../lib/is-record.js';

/** The documents that a provider has listed. */
export interface Manifest {
  /** Of an id of the file, or of the SHA-256 of a document in hexadecimal digits. */
  find(id: string): string | undefined;
  /** Whether a document is listed, letter for letter. */
  has(text: string): boolean;
  readonly size: number;
}

/** The file cannot be used. The message completes "The file … ". */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

/** The SHA-256 of a document in UTF-8, in hexadecimal digits. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Reads either an object from ids to documents, as Relay, gql.tada and GraphQL Code Generator write it, or Apollo's
 * manifest. Throws ManifestError for what is neither, for an id that stands for two documents, and for a document that is not GraphQL.
 */
export function parseManifest(text: string): Manifest {
  const byId = new Map<string, string>();
  for (const [id, document] of listEntries(text)) {
    if (id === '') throw new ManifestError('has a document without an id.');
    if (byId.has(id) && byId.get(id) !== document) throw new ManifestError(`has two documents with the id "${id}".`);
    assertGraphql(id, document);
    byId.set(id, document);
  }
  const texts = new Set(byId.values());
  const byHash = new Map([...texts].map((document) => [sha256(document), document]));
  return { find: (id) => byId.get(id) ?? byHash.get(id), has: (document) => texts.has(document), size: texts.size };
}

function listEntries(text: string): readonly (readonly [string, string])[] {
  const value = parseJson(text);
  if (!isRecord(value)) throw new ManifestError('must hold one JSON object, from ids to documents.');
  if (value.format === undefined || typeof value.operations === 'string') return listPlain(value, text);
  if (value.format === 'apollo-persisted-query-manifest' && value.version === 1 && Array.isArray(value.operations)) {
    return value.operations.map(readOperation);
  }
  throw new ManifestError(
    'must be an "apollo-persisted-query-manifest" of version 1, or an object from ids to documents.',
  );
}

function listPlain(value: Readonly<Record<string, unknown>>, text: string): readonly (readonly [string, string])[] {
  const entries = Object.entries(value).map(([id, document]) => {
    if (typeof document !== 'string') throw new ManifestError(`has no text for the id "${id}".`);
    return [id, document] as const;
  });
  // JSON.parse keeps the last of two members with one name. There is nothing but strings in it: two for each.
  const strings = text.match(/"(?:[^"\\]+|\\.)*"/g)?.length ?? 0;
  if (strings !== 2 * entries.length) throw new ManifestError('has an id twice.');
  return entries;
}

function readOperation(operation: unknown): readonly [string, string] {
  if (isRecord(operation) && typeof operation.id === 'string' && typeof operation.body === 'string') {
    return [operation.id, operation.body];
  }
  throw new ManifestError('has an operation without an "id" or a "body".');
}

function assertGraphql(id: string, document: string): void {
  try {
    parse(document, { noLocation: true });
  } catch (error) {
    if (!(error instanceof GraphQLError) && !(error instanceof RangeError)) throw error;
    throw new ManifestError(`has a document that is not GraphQL: that with the id "${id}" (${error.message})`);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch {
    throw new ManifestError('is not JSON.');
  }
}
