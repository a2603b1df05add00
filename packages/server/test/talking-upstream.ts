import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { buildSchema, graphqlSync } from 'graphql';
import { type WebSocket, WebSocketServer } from 'ws';
import { typeDefs } from './upstreams/schema.js';

/** An upstream that answers introspection, and over a WebSocket what a test wants it to say to a subscription. */
export interface Talking {
  readonly url: string;
  /** What was said to it over WebSockets, the oldest first. */
  readonly messages: { readonly id: string; readonly type: string }[];
  /** Says something to a subscription. Undefined: it does not even acknowledge the connection. */
  say: ((socket: WebSocket, id: string) => void) | undefined;
  close(): Promise<void>;
}

export async function startTalking(): Promise<Talking> {
  const schema = buildSchema(typeDefs);
  const server = createServer(async (request, response) => {
    const { query } = (await json(request)) as { query: string };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(graphqlSync({ schema, source: query })));
  });
  const open = new WebSocketServer({ server });
  open.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const message = JSON.parse(String(data));
      talking.messages.push(message);
      if (message.type === 'connection_init' && talking.say) socket.send('{"type":"connection_ack"}');
      if (message.type === 'subscribe') talking.say?.(socket, message.id);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const talking: Talking = {
    url: `http://127.0.0.1:${port}/graphql`,
    messages: [],
    say: undefined,
    async close() {
      for (const socket of open.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
    },
  };
  return talking;
}
