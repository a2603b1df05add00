import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buildSchema, graphqlSync } from 'graphql';
import { typeDefs } from './upstreams/schema.js';
import { listen, type ReceivedRequest } from './upstreams/upstream.js';

/** Answers a request, whose body is in `body`, in whatever way the test is about. */
export type Answer = (response: ServerResponse, body: string, request: IncomingMessage) => void;

export interface ScriptedUpstream {
  readonly url: string;
  readonly requests: ReceivedRequest[];
  /** Stops at once, also in the middle of an answer. */
  close(): Promise<void>;
}

export interface ScriptedOptions {
  readonly sdl?: string;
  readonly port?: number;
  /** Gets a multipart request, of which nothing has been read. */
  readonly onUpload?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** An upstream that answers introspection as `sdl` has it and everything else as `answer` does. */
export async function startScripted(
  answer: Answer,
  { sdl = typeDefs, port = 0, onUpload }: ScriptedOptions = {},
): Promise<ScriptedUpstream> {
  const schema = buildSchema(sdl);
  const server = createServer(async (request, response) => {
    if (onUpload && request.headers['content-type']?.startsWith('multipart/')) return onUpload(request, response);
    const body = await readText(request);
    if (!body.includes('IntrospectionQuery')) return answer(response, body, request);
    const { query } = JSON.parse(body) as { query: string };
    sendJson(response, graphqlSync({ schema, source: query }));
  });
  return listen(server, port);
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  sendJsonText(response, JSON.stringify(value), status);
}

/** The same of JSON that is written already, as no JavaScript would write it. */
export function sendJsonText(response: ServerResponse, text: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(text);
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
