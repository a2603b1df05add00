import { createServer } from 'node:http';
import { createHandler } from 'graphql-http/lib/use/http';
import { useServer } from 'graphql-ws/use/ws';
import { createSchema } from 'graphql-yoga';
import { WebSocketServer } from 'ws';
import { createResolvers, type ExecutableSchema, typeDefs, type UpstreamContext } from './schema.js';
import { listen, type Upstream } from './upstream.js';

/** An upstream that takes subscriptions over WebSockets. */
export interface SocketUpstream extends Upstream {
  /** The payloads of connection_init, the oldest first. */
  readonly payloads: unknown[];
  /** Every message that came over a WebSocket, the oldest first. */
  readonly messages: string[];
  /** How many WebSockets are open. */
  openSockets(): number;
  /** Cuts every WebSocket without a word. */
  cut(): void;
  /** From now on its schema is this one; what runs goes on. */
  become(schema: ExecutableSchema): void;
}

/** The server of graphql-ws over ws, and graphql-http beside it, on a random port. */
export function start(): Promise<SocketUpstream> {
  return startWith({ typeDefs, resolvers: createResolvers() });
}

/** The same with a schema of the test's own. */
export async function startWith(first: ExecutableSchema): Promise<SocketUpstream> {
  let schema = createSchema<UpstreamContext>(first);
  const server = createServer(
    createHandler({
      schema: () => schema,
      context: ({ raw }) => ({ headers: raw.headers }) as unknown as Record<PropertyKey, unknown>,
    }),
  );
  const sockets = new WebSocketServer({ server, path: '/graphql' });
  const payloads: unknown[] = [];
  const messages: string[] = [];
  sockets.on('connection', (socket) => socket.on('message', (data) => messages.push(String(data))));
  useServer(
    {
      schema: () => schema,
      onConnect: ({ connectionParams }) => void payloads.push(connectionParams),
      context: ({ extra }) => ({ headers: extra.request.headers }),
    },
    sockets,
  );
  const opened = await listen(server);
  const cut = () => {
    for (const socket of sockets.clients) socket.terminate();
  };
  return {
    name: 'graphql-ws',
    ...opened,
    payloads,
    messages,
    openSockets: () => sockets.clients.size,
    cut,
    become(changed) {
      schema = createSchema<UpstreamContext>(changed);
    },
    async close() {
      cut();
      await opened.close();
    },
  };
}
