import { GraphQLError, type SourceLocation } from 'graphql';
import { type ErrorCode, errors, LatchkeyError } from '../domain/errors.js';
import { StoreUnavailableError } from '../store/store.js';

/** An error as the caller gets it (GraphQL §7.1.2). */
export interface FormattedError {
  readonly message: string;
  readonly locations?: readonly SourceLocation[];
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: ErrorCode;
    readonly hint: string;
    /** Seconds. */
    readonly retryAfter?: number;
    readonly requestId?: string;
  };
}

/** Seconds after which a store that was gone is worth another try. */
const storeRetryAfter = 5;

/** The catalogue's error for whatever was thrown. What is not in it becomes INTERNAL, and its cause stays here. */
export function toLatchkeyError(error: unknown): LatchkeyError {
  const thrown = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  if (thrown instanceof LatchkeyError) return thrown;
  if (thrown instanceof StoreUnavailableError) {
    return new LatchkeyError('STORE_UNAVAILABLE', { cause: thrown, retryAfter: storeRetryAfter });
  }
  return new LatchkeyError('INTERNAL', { cause: thrown });
}

export function formatError(
  error: LatchkeyError,
  requestId: string,
  at: Pick<FormattedError, 'locations' | 'path'> = {},
): FormattedError {
  const { message, code, hint, retryAfter, status } = error;
  return {
    message,
    ...(at.locations && { locations: at.locations }),
    ...(at.path && { path: at.path }),
    extensions: {
      code,
      hint,
      ...(retryAfter !== undefined && { retryAfter }),
      ...(status >= 500 && { requestId }),
    },
  };
}

/** An error that graphql-js found in the document or the variables. */
export function formatDocumentError(error: GraphQLError, code: ErrorCode): FormattedError {
  const { message, locations } = error;
  return { message, ...(locations && { locations }), extensions: { code, hint: errors[code].hint } };
}
