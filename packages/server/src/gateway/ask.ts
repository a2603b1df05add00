import { LatchkeyError } from '../domain/errors.js';
import { isAnswer, isShallow } from './answer-shape.js';
import type { RawHeaders } from './headers.js';
import type { Answer } from './merge.js';
import { toUpstreamError, type Upstream } from './upstream.js';

export interface Question {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string | null;
}

/** What a part of an operation, or an introspection, may weigh when it has to be read whole. */
const maxAnswerBytes = 64 * 1024 * 1024;

/**
 * Asks the upstream and reads its answer. Rejects with UPSTREAM_UNAVAILABLE, UPSTREAM_TIMEOUT, or
 * UPSTREAM_INVALID if what comes back is no GraphQL.
 */
export async function askUpstream(upstream: Upstream, question: Question, headers: RawHeaders): Promise<Answer> {
  return (await askForText(upstream, question, headers)).answer;
}

/** The same with the text of the answer as it came; `signal` ends the asking. */
export async function askForText(
  { pool, path }: Upstream,
  question: Question,
  headers: RawHeaders,
  signal?: AbortSignal,
): Promise<{ readonly text: string; readonly answer: Answer }> {
  let text: string;
  let status: number;
  try {
    const answer = await pool.request({
      method: 'POST',
      path,
      headers: [
        ...headers,
        'content-type',
        'application/json',
        'accept',
        'application/graphql-response+json, application/json;q=0.9',
      ],
      body: JSON.stringify(question),
      ...(signal && { signal }),
    });
    status = answer.statusCode;
    text = await readText(answer.body);
  } catch (error) {
    throw toUpstreamError(error);
  }
  const answer = parseAnswer(text);
  if (!answer) {
    throw new LatchkeyError('UPSTREAM_INVALID', {
      cause: new Error(`the upstream answered ${status} without GraphQL`),
    });
  }
  return { text, answer };
}

/** Reads it whole. Rejects with UPSTREAM_INVALID if it is too large. */
export async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxAnswerBytes) {
      throw new LatchkeyError('UPSTREAM_INVALID', { cause: new Error('the upstream answered more than 64 MiB') });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Undefined unless the text is an answer of GraphQL. */
export function parseAnswer(text: string): Answer | undefined {
  if (!isShallow(text)) return undefined;
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  return isAnswer(answer) ? answer : undefined;
}
