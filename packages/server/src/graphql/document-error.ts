import { GraphQLError } from 'graphql';
import type { ErrorCode } from '../domain/errors.js';

export type DocumentErrorCode = Extract<
  ErrorCode,
  'GRAPHQL_PARSE_FAILED' | 'GRAPHQL_VALIDATION_FAILED' | 'BAD_USER_INPUT'
>;

/** The document or its variables are wrong: nothing was run. One answer may name several places. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
  readonly code: DocumentErrorCode;
  readonly errors: readonly GraphQLError[];

  constructor(code: DocumentErrorCode, errors: readonly GraphQLError[]) {
    super(code);
    this.code = code;
    this.errors = errors.map(withoutValues);
  }
}

// graphql-js quotes what it found, and what it found may be a password.
const quotes: readonly (readonly [RegExp, string])[] = [
  [/ got invalid value [\s\S]*$/, ' got a value that does not fit its type.'],
  [/^(Expected value of type "[^"]*"), found [\s\S]*$/, '$1, found something else.'],
  [/(value): [\s\S]*$/, '$1.'],
  [/\b(String|BlockString) ".*"/, '$1'],
];

function withoutValues(error: GraphQLError): GraphQLError {
  const message = quotes.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), error.message);
  if (message === error.message) return error;
  const { nodes, source, positions } = error;
  return new GraphQLError(message, { nodes: nodes ?? null, source: source ?? null, positions: positions ?? null });
}
