import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../domain/callers/callers.js';
import type { ErrorCode } from '../domain/errors.js';
import type { Consumer } from '../domain/usage/consumer.js';
import type { CountedOperation } from '../domain/usage/counted-operation.js';

/** One request and its answer, with what the log and the metrics will say of them. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly id: string;
  /** From performance.now(). */
  readonly startedAt: number;
  kind: 'own' | 'upstream' | 'split' | 'stream' | 'page' | 'refused';
  code: ErrorCode | 'OK';
  cause: unknown;
  /** Whose request it is, from when it was let in. */
  caller: Caller | undefined;
  /** Who is charged for it, and for what; undefined where nobody is. */
  consumer: Consumer | undefined;
  operation: CountedOperation | undefined;
}

/** An operation underway, whatever carries its answer. */
export type Attempt = Omit<Exchange, 'response'>;

const prefix = randomBytes(6).toString('base64url');
let counter = 0;

// What a caller may name a request: nothing that could break a log line or a header.
const acceptableId = /^[\w.-]{8,64}$/;

export function createExchange(request: IncomingMessage, response: ServerResponse): Exchange {
  const given = request.headers['x-request-id'];
  return {
    request,
    response,
    id: typeof given === 'string' && acceptableId.test(given) ? given : nextId(),
    startedAt: performance.now(),
    kind: 'refused',
    code: 'OK',
    cause: undefined,
    caller: undefined,
    consumer: undefined,
    operation: undefined,
  };
}

/** One of many operations on the connection that `request` has opened. */
export function createAttempt(request: IncomingMessage, kind: Exchange['kind']): Attempt {
  return {
    request,
    id: nextId(),
    startedAt: performance.now(),
    kind,
    code: 'OK',
    cause: undefined,
    caller: undefined,
    consumer: undefined,
    operation: undefined,
  };
}

function nextId(): string {
  return `${prefix}-${(counter++).toString(36)}`;
}

/** Aborted when the caller has gone, or has its answer. */
export function whenGone({ response }: Exchange): AbortSignal {
  const gone = new AbortController();
  // While the token was looked at, or the door was shut: nobody says it twice.
  if (response.destroyed) gone.abort();
  else response.once('close', () => gone.abort());
  return gone.signal;
}
