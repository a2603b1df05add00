import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { buildSchema, type GraphQLSchema, graphqlSync } from 'graphql';

/** Answers what asks for the schema, instead of the schema. */
export type SchemaScript = (response: ServerResponse, body: string, request: IncomingMessage) => void;

export interface ChangingUpstream {
  readonly url: string;
  /** The header fields of the requests that asked for the schema, and how each was answered. */
  readonly asked: { headers: IncomingHttpHeaders; status: number }[];
  /** From now on its schema is this one. */
  become(sdl: string): void;
  /** From now on it answers so when its schema is asked for; without one, properly again. */
  misbehave(script?: SchemaScript): void;
  /** From now on it gives an ETag and heeds If-None-Match; one that is given never changes. */
  useEtags(fixed?: string): void;
  close(): Promise<void>;
}

/** An upstream of one process whose schema and whose manners a test changes. Every field is its own name. */
export async function startChanging(sdl = 'type Query { hello: String }', port = 0): Promise<ChangingUpstream> {
  let schema: GraphQLSchema = buildSchema(sdl);
  let script: SchemaScript | undefined;
  let etags: { readonly fixed: string | undefined } | undefined;
  const asked: ChangingUpstream['asked'] = [];
  const fieldResolver = (_: unknown, __: unknown, ___: unknown, info: { readonly fieldName: string }) => info.fieldName;

  const server = createServer(async (request, response) => {
    const body = await text(request);
    const isAboutSchema = /IntrospectionQuery|_service/.test(body);
    if (isAboutSchema) {
      const entry = { headers: request.headers, status: 0 };
      asked.push(entry);
      response.on('close', () => {
        entry.status = response.statusCode;
      });
      if (script) return script(response, body, request);
    }
    const { query: source } = JSON.parse(body) as { query: string };
    const answer = JSON.stringify(
      graphqlSync({ schema, source, fieldResolver: isAboutSchema ? undefined : fieldResolver }),
    );
    if (isAboutSchema && etags) {
      const etag = etags.fixed ?? `"${createHash('sha256').update(answer).digest('hex')}"`;
      response.setHeader('etag', etag);
      if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    }
    response.writeHead(200, { 'content-type': 'application/json' }).end(answer);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    asked,
    become(changed) {
      schema = buildSchema(changed);
    },
    misbehave(changed) {
      script = changed;
    },
    useEtags(fixed) {
      etags = { fixed };
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
