/**
 * The catalogue of everything that a caller can be told. `status` is the HTTP status of an answer that
 * carries nothing else; 200 where GraphQL over HTTP wants the request counted as served (a refused
 * credential is an answer, not a failure of the transport, and 401 is kept for a bad access token, so that
 * a client which refreshes on 401 never does so for a mistyped password).
 * docs/reference/errors.md is generated from this table.
 */
export const errors = {
  // The access token (RFC 6750 §3).
  UNAUTHENTICATED: {
    status: 401,
    message: 'This operation needs a good access token.',
    hint: 'Sign in with the signIn mutation, then send the header "Authorization: Bearer <accessToken>".',
  },
  TOKEN_EXPIRED: {
    status: 401,
    message: 'The access token has expired.',
    hint: 'Get the next one with signInRefresh and the refresh token.',
  },
  TOKEN_REVOKED: {
    status: 401,
    message: 'The session of this access token has ended.',
    hint: 'Sign in again with the signIn mutation.',
  },
  AMBIGUOUS_CREDENTIALS: {
    status: 400,
    message: 'The request carries more than one credential.',
    hint: 'Send one Authorization header (or one Authorisation header) with one bearer token.',
  },

  // What a good token does not reach.
  INSUFFICIENT_SCOPE: {
    status: 403,
    message: 'The scope of the access token does not reach this.',
    hint: 'Ask the provider for the scope, sign in again, or leave the field out.',
  },
  FORBIDDEN: {
    status: 403,
    message: 'This cannot be had here.',
    hint: 'Leave the field out. The schema in the IDE shows what you can have.',
  },

  // Signing in and refreshing.
  INVALID_CREDENTIALS: {
    status: 200,
    message: 'The email address or the password is wrong.',
    hint: 'Check both. Upper and lower case and spaces count in a password.',
  },
  PASSWORD_TOO_LONG: {
    status: 200,
    message: 'The password is longer than any password can be here.',
    hint: 'Send the password that was set for the account.',
  },
  REFRESH_TOKEN_INVALID: {
    status: 200,
    message: 'The refresh token is not one of ours, or is damaged.',
    hint: 'Send the refreshToken of the last answer unchanged, or sign in again.',
  },
  REFRESH_TOKEN_EXPIRED: {
    status: 200,
    message: 'The session has expired.',
    hint: 'Sign in again with the signIn mutation.',
  },
  REFRESH_TOKEN_REVOKED: {
    status: 200,
    message: 'The session has ended.',
    hint: 'Sign in again with the signIn mutation.',
  },
  REFRESH_TOKEN_REUSED: {
    status: 200,
    message: 'The refresh token was used before, so its session has been ended.',
    hint: 'Sign in again. If this was no program of yours, tell the provider: somebody may hold a copy of the token.',
  },
  ONE_CREDENTIAL_FIELD: {
    status: 400,
    message: 'An operation can have one signIn or one signInRefresh field, and this one has more.',
    hint: 'Send one request for each.',
  },

  // GraphQL over HTTP.
  BAD_REQUEST: {
    status: 400,
    message: 'The request is not a GraphQL request.',
    hint: 'POST a JSON object with a "query" string, and "variables" and "operationName" if the document needs them.',
  },
  BATCHING_NOT_SUPPORTED: {
    status: 400,
    message: 'A request is one operation, not a list of them.',
    hint: 'Send a request for each operation.',
  },
  GRAPHQL_PARSE_FAILED: {
    status: 400,
    message: 'The document is not GraphQL.',
    hint: 'Mend the syntax at the line and column that the message names.',
  },
  GRAPHQL_VALIDATION_FAILED: {
    status: 400,
    message: 'The document does not fit the schema.',
    hint: 'Compare it with the schema in the IDE.',
  },
  BAD_USER_INPUT: {
    status: 400,
    message: 'A variable does not fit its type.',
    hint: 'Compare the variables with the types that the operation declares.',
  },
  OPERATION_NOT_FOUND: {
    status: 400,
    message: 'The operation to run is not clear.',
    hint: 'Set "operationName" to the name of one operation in the document.',
  },
  SUBSCRIPTION_NOT_SUPPORTED: {
    status: 400,
    message: 'Subscriptions are not served here.',
    hint: 'Open a WebSocket with the protocol graphql-transport-ws, or send "Accept: text/event-stream". The provider turns subscriptions on and off with upstreamSubscriptions.',
  },
  MIXED_MUTATION: {
    status: 400,
    message: 'A mutation can have fields of Latchkey or fields of the API behind it, not both.',
    hint: 'Send two requests: the order of their effects is then yours to choose.',
  },
  DOCUMENT_TOO_LARGE: {
    status: 400,
    message: 'The document has more tokens than are accepted.',
    hint: 'Send a smaller document. The provider sets the limit with documentMaxTokens.',
  },
  DOCUMENT_TOO_DEEP: {
    status: 400,
    message: 'The document is nested deeper than is accepted.',
    hint: 'Send a flatter document. The provider sets the limit with documentMaxDepth.',
  },
  DOCUMENT_TOO_COMPLEX: {
    status: 400,
    message: 'The document repeats fields or fragments more often than is accepted.',
    hint: 'Ask for each field once, or for less in one request. Where the message names a setting, the provider can raise it.',
  },
  DOCUMENT_TOO_COSTLY: {
    status: 400,
    message: 'The operation may cost the API more than is accepted.',
    hint: 'Ask for shorter lists, or for fewer lists inside of lists. The provider sets the limit with documentMaxCost.',
  },
  DOCUMENT_NOT_TRUSTED: {
    status: 403,
    message: 'Only documents that the provider has listed may be sent to this API, and this is not one of them.',
    hint: 'Send a document of the list, unchanged, or its id. The provider lists them in the file of trustedDocuments.',
  },
  DOCUMENT_NOT_FOUND: {
    status: 400,
    message: 'There is no document with this id.',
    hint: 'Send the whole document in "query", or ask the provider to list it in the file of trustedDocuments.',
  },
  // Automatic persisted queries: clients know this code and this message, word for word, and send the document next.
  PERSISTED_QUERY_NOT_FOUND: {
    status: 200,
    message: 'PersistedQueryNotFound',
    hint: 'Send the same request again, with the document in "query".',
  },
  RATE_LIMITED: {
    status: 429,
    message: 'You send requests faster than is accepted.',
    hint: 'Wait for the seconds in Retry-After, then send fewer. The provider sets the limit with callerRate and callerBurst.',
  },
  TOO_MANY_AT_ONCE: {
    status: 429,
    message: 'More of your requests are in work at this moment than is accepted.',
    hint: 'Wait for answers before you send more. The provider sets the limit with callerConcurrency.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    message: 'This method cannot be used for this operation.',
    hint: 'Use POST. GET is for queries only.',
  },
  NOT_ACCEPTABLE: {
    status: 406,
    message: 'No media type that the Accept header allows can be made here.',
    hint: 'Accept application/graphql-response+json or application/json.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    message: 'The request body is larger than is accepted.',
    hint: 'Send less. The provider sets the limit with bodyLimit, and for files with uploadLimit.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    message: 'The request body is not application/json in UTF-8.',
    hint: 'Send the header "Content-Type: application/json"; for files, multipart/form-data with a header that no form can send, such as Authorization.',
  },
  ORIGIN_NOT_ALLOWED: {
    status: 403,
    message: 'Pages of this origin may not call this endpoint.',
    hint: 'The provider allows an origin with the setting corsOrigins (LATCHKEY_CORS_ORIGINS).',
  },
  NOT_FOUND: {
    status: 404,
    message: 'There is nothing at this address.',
    hint: 'The GraphQL endpoint is /graphql.',
  },

  // Connections that stay open.
  TOO_MANY_CONNECTIONS: {
    status: 429,
    message: 'You have as many WebSockets and event streams open as are accepted.',
    hint: 'Close some, or use one for several subscriptions. The provider sets the limit with connectionsPerCaller.',
  },
  TOO_MANY_SUBSCRIPTIONS: {
    status: 429,
    message: 'You have as many operations running on open connections as are accepted.',
    hint: 'End some. The provider sets the limit with subscriptionsPerCaller.',
  },
  GOING_AWAY: {
    status: 503,
    message: 'This server is stopping.',
    hint: 'Connect again in a moment.',
  },

  // The API behind Latchkey.
  UPSTREAM_UNAVAILABLE: {
    status: 502,
    message: 'The API behind this endpoint cannot be reached.',
    hint: 'Try again shortly. Signing in goes on working.',
  },
  UPSTREAM_INVALID: {
    status: 502,
    message: 'The API behind this endpoint did not answer with GraphQL.',
    hint: 'Try again shortly; if it stays, tell the provider the request id.',
  },
  UPSTREAM_TIMEOUT: {
    status: 504,
    message: 'The API behind this endpoint took too long to answer.',
    hint: 'Try again, or ask for less at a time.',
  },

  // What a caller may ask for.
  QUOTA_EXCEEDED: {
    status: 429,
    message: 'The requests of today are used up.',
    hint: 'Wait for the seconds in Retry-After, until midnight in UTC, or ask the provider for more; viewer { quota { limit used } } shows where you are.',
  },

  // Ourselves.
  OVERLOADED: {
    status: 503,
    message: 'Too many people are signing in at this moment.',
    hint: 'Wait for the seconds in Retry-After, then try again.',
  },
  STORE_UNAVAILABLE: {
    status: 503,
    message: 'Sessions cannot be stored at this moment.',
    hint: 'Wait for the seconds in Retry-After, then try again.',
  },
  INTERNAL: {
    status: 500,
    message: 'Something went wrong here.',
    hint: 'Try again; if it stays, tell the provider the request id.',
  },

  // The operator's commands.
  USER_NAME_INVALID: {
    status: 400,
    message: 'The user name is not an email address.',
    hint: 'Give an address such as ada@example.com, at most 254 characters.',
  },
  USER_EXISTS: {
    status: 409,
    message: 'There is a user with this email address.',
    hint: 'Use another address; "latchkey user list" shows the ones in use.',
  },
  USER_NOT_FOUND: {
    status: 404,
    message: 'There is no user with this email address.',
    hint: 'Look for the right one with "latchkey user list".',
  },
  SESSION_NOT_FOUND: {
    status: 404,
    message: 'There is no session with this id that has not ended.',
    hint: 'Look for the right one with "latchkey session list EMAIL".',
  },
  PASSWORD_UNACCEPTABLE: {
    status: 400,
    message: 'The password is too easy to guess.',
    hint: 'Take a sentence of several unrelated words.',
  },
  SCOPE_INVALID: {
    status: 400,
    message: 'The scope is not a list of scope names with spaces between them.',
    hint: 'Use printable ASCII without quotes and backslashes, such as "companies:read companies:write", at most 2048 characters.',
  },
  QUOTA_INVALID: {
    status: 400,
    message: 'The quota is not a number of requests a day.',
    hint: 'Give a whole number of at most 1000000000000, "none" for no quota, or "default" for that of the setting quotaPerDay.',
  },
} as const satisfies Record<string, ErrorEntry>;

export interface ErrorEntry {
  readonly status: number;
  readonly message: string;
  readonly hint: string;
}

export type ErrorCode = keyof typeof errors;

export interface ErrorDetails {
  /** Takes the place of the catalogue's sentence where more can be said. It reaches the caller: no secret, no cause. */
  readonly message?: string;
  /** Seconds after which it is worth trying again; becomes Retry-After. */
  readonly retryAfter?: number;
  /** The scope that would have been enough; becomes part of the challenge. */
  readonly scope?: string;
  /** For the log only. */
  readonly cause?: unknown;
}

/** An error that is meant for the caller. Everything else reaches them as INTERNAL. */
export class LatchkeyError extends Error {
  override readonly name = 'LatchkeyError';
  readonly code: ErrorCode;
  readonly status: number;
  readonly hint: string;
  readonly retryAfter: number | undefined;
  readonly scope: string | undefined;

  constructor(code: ErrorCode, { message, retryAfter, scope, cause }: ErrorDetails = {}) {
    const entry = errors[code];
    super(message ?? entry.message, { cause });
    this.code = code;
    this.status = entry.status;
    this.hint = entry.hint;
    this.retryAfter = retryAfter;
    this.scope = scope;
  }
}
