import { Pool } from 'undici';
import { type Case, tokensOf, write } from './operation.js';
import type { Random } from './random.js';

/** A request as both sides get it, but for where it goes. */
export interface Asked {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  /** The body of a POST, the search part of a GET. */
  readonly text: string;
}

export interface Answered {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

const accepts = [
  undefined,
  '*/*',
  'application/json',
  'application/graphql-response+json',
  'application/graphql-response+json; charset=utf-8, application/json; charset=utf-8',
  'application/graphql-response+json;q=0.2, application/json;q=0.9',
];
const contentTypes = ['application/json', 'application/json; charset=utf-8'];

/** Puts an operation into a request in one of the ways that there are. */
export function toRequest(made: Case, random: Random): Asked {
  const query = write(tokensOf(made), random);
  const { operationName, variables } = made;
  const hasVariables = Object.keys(variables).length > 0;
  const accept = random.pick(accepts);
  // Apollo Server wants the first of a GET.
  const headers = { 'apollo-require-preflight': 'yes', ...(accept !== undefined && { accept }) };
  if (made.operation.type === 'query' && random.oneIn(5)) {
    const search = new URLSearchParams({ query, ...(operationName && { operationName }) });
    if (hasVariables) search.set('variables', JSON.stringify(variables));
    return { method: 'GET', headers, text: search.toString() };
  }
  const body = {
    ...(operationName !== undefined && { operationName }),
    ...((hasVariables || random.oneIn(2)) && { variables }),
    query,
    ...(random.oneIn(6) && { extensions: {} }),
  };
  const text = random.oneIn(4) ? JSON.stringify(body, null, 2) : JSON.stringify(body);
  return { method: 'POST', headers: { ...headers, 'content-type': random.pick(contentTypes) }, text };
}

/** The same by POST: the gate sends a GET on as one, and an upstream that takes no GET refuses one to its own callers. */
export function byPost(asked: Asked): Asked {
  if (asked.method === 'POST') return asked;
  const { variables, ...rest } = Object.fromEntries(new URLSearchParams(asked.text));
  const text = JSON.stringify({ ...rest, ...(variables !== undefined && { variables: JSON.parse(variables) }) });
  return { method: 'POST', headers: { ...asked.headers, 'content-type': 'application/json' }, text };
}

/** Sends requests to one place over kept connections. */
export function createAsker(url: string, token: string) {
  const { origin, pathname } = new URL(url);
  const pool = new Pool(origin, { connections: 16, pipelining: 1 });
  return {
    async ask({ method, headers, text }: Asked): Promise<Answered> {
      const {
        statusCode,
        headers: answered,
        body,
      } = await pool.request({
        method,
        path: method === 'GET' ? `${pathname}?${text}` : pathname,
        headers: { ...headers, authorization: `Bearer ${token}` },
        ...(method === 'POST' && { body: text }),
      });
      const type = answered['content-type'];
      return {
        status: statusCode,
        type: typeof type === 'string' ? type : type?.join(),
        text: withoutIds(await body.text()),
      };
    },
    close: () => pool.close(),
  };
}

/** PostGraphile gives each failure an id, which no two answers share, and a hash of it and its place in the document. */
function withoutIds(text: string): string {
  return text.replace(/\(logged with hash: '[^']+', id: '\w+'\)/g, '').replace(/"errorId":"\w+"/g, '"errorId":""');
}

/** Does `work` with each item, a few at the same time. */
export async function forEachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: 12 }, worker));
}
