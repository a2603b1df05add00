import { LatchkeyError } from '../domain/errors.js';
import { parseExact } from '../lib/exact-json.js';
import { isShallow } from '../lib/json-nesting.js';
import { isAnswer } from './answer-shape.js';
import type { RawHeaders } from './headers.js';
import { request } from './http1/request.js';
import type { Answer } from './merge.js';
import { toUpstreamError, type Upstream } from './upstream.js';

/** The JSON of a request of GraphQL: `query`, and `operationName`, `variables` and `extensions` where there are some. */
export type Question = string;

export interface Asking {
  /** It is a query, so it is asked again if the connection fails before there is an answer. */
  readonly mayRepeat: boolean;
  /** Ends the upstream's work. */
  readonly signal?: AbortSignal | undefined;
}

/** What a part of an operation, or an introspection, may weigh when it has to be read whole. */
const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * Asks the upstream and reads its answer, all of it within `upstreamTimeout`. Rejects with UPSTREAM_UNAVAILABLE,
 * UPSTREAM_TIMEOUT, or UPSTREAM_INVALID if what comes back is no GraphQL.
 */
export async function askUpstream(
  upstream: Upstream,
  question: Question,
  headers: RawHeaders,
  asking: Asking,
): Promise<Answer> {
  return (await askForText(upstream, question, headers, asking)).answer;
}

/** The same with the text of the answer as it came. */
export async function askForText(
  upstream: Upstream,
  question: Question,
  headers: RawHeaders,
  { mayRepeat, signal }: Asking,
): Promise<{ readonly text: string; readonly answer: Answer }> {
  const { breaker, timeout } = upstream;
  breaker.assertClosed();
  const ending = new AbortController();
  const end = () => ending.abort();
  const deadline = setTimeout(() => ending.abort(new TooSlow('the upstream has not answered in time')), timeout);
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  let read: { readonly status: number; readonly text: string };
  try {
    read = await readAnswer(upstream, { body: question, mayRepeat }, headers, ending.signal);
  } catch (error) {
    if (!signal?.aborted && !(error instanceof LatchkeyError)) breaker.failed();
    throw toUpstreamError(error);
  } finally {
    clearTimeout(deadline);
    signal?.removeEventListener('abort', end);
  }
  breaker.succeeded();
  const { status, text } = read;
  return { text, answer: parseAnswer(text) ?? refuse(`${status} without GraphQL`) };
}

async function readAnswer(
  { pool, path }: Upstream,
  { body, mayRepeat }: Pick<Asking, 'mayRepeat'> & { readonly body: string },
  own: RawHeaders,
  signal: AbortSignal,
) {
  const accept = 'application/graphql-response+json, application/json;q=0.9';
  const headers = [...own, 'content-type', 'application/json', 'accept', accept];
  const { status, body: answer } = await request(pool, { path, headers, body, mayRepeat }, signal);
  return { status, text: await readText(answer) };
}

/** Reads it whole. Rejects with UPSTREAM_INVALID if it is too large. */
export async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxAnswerBytes) refuse('more than 64 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function refuse(what: string): never {
  throw new LatchkeyError('UPSTREAM_INVALID', { cause: new Error(`the upstream answered ${what}`) });
}

/** Undefined unless the text is an answer of GraphQL. */
export function parseAnswer(text: string): Answer | undefined {
  if (!isShallow(text)) return undefined;
  let answer: unknown;
  try {
    answer = parseExact(text);
  } catch {
    return undefined;
  }
  return isAnswer(answer) ? answer : undefined;
}

class TooSlow extends Error {
  override readonly name = 'TooSlow';
  readonly code = 'ERR_UPSTREAM_TIMEOUT';
}
