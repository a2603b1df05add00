import { request } from './http1/request.js';
import { SchemaProblem } from './schema-problem.js';
import type { Upstream } from './upstream.js';

/** Where and how the upstream is asked for its schema. */
export interface SchemaQuestioner {
  readonly upstream: Upstream;
  /** Milliseconds for one answer, whole. */
  readonly patience: number;
}

export interface SchemaReply {
  readonly status: number;
  readonly etag: string | undefined;
  readonly text: string;
}

/** What an upstream may answer with when it is asked for its schema: the largest public schemas have 10 MB. */
const maxBytes = 32 * 1024 * 1024;

/**
 * The one place from which the upstream is asked for its schema. Resolves with whatever it answers, in whole; no
 * redirect is followed. Rejects with a SchemaProblem (`away`, or `invalid` where there is too much of it).
 */
export async function requestSchema(
  { upstream: { pool, path, introspectionHeaders }, patience }: SchemaQuestioner,
  question: { readonly query: string; readonly operationName: string },
  { etag, signal }: { readonly etag?: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<SchemaReply> {
  // By hand: of AbortSignal.any, a signal that lives as long as the process would keep one for each question.
  const ending = new AbortController();
  const end = () => ending.abort();
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    end();
  }, patience).unref();
  signal?.addEventListener('abort', end, { once: true });
  try {
    signal?.throwIfAborted();
    const headers = [
      ...introspectionHeaders,
      ...['content-type', 'application/json'],
      ...['accept', 'application/graphql-response+json, application/json;q=0.9'],
      ...(etag === undefined ? [] : ['if-none-match', etag]),
    ];
    const asked = { path, headers, body: JSON.stringify(question), mayRepeat: false };
    const answer = await request(pool, asked, ending.signal);
    const given = answer.field('etag');
    return {
      status: answer.status,
      etag: given !== undefined && isEtag.test(given) ? given : undefined,
      text: await readText(answer.body),
    };
  } catch (error) {
    if (error instanceof SchemaProblem) throw error;
    throw new SchemaProblem(
      'away',
      `The upstream cannot be asked for its schema: ${isLate ? late : reasonOf(error)}`,
      error,
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', end);
  }
}

async function readText(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    // Leaving the loop breaks the connection: the rest is not read.
    if (size > maxBytes) {
      throw new SchemaProblem(
        'invalid',
        'The upstream answers with more than 32 MiB when it is asked for its schema; name a file with upstreamSchema.',
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** RFC 9110 §8.8.3, and not so long that it would not pass as a header field. */
const isEtag = /^(W\/)?"[\x21\x23-\x7e]{0,1000}"$/;

const late = 'it takes too long to answer.';
const slow = new Set(['ERR_UPSTREAM_TIMEOUT', 'ETIMEDOUT']);

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : '';
  if (slow.has(code)) return late;
  return `${error.message || code}.`;
}
