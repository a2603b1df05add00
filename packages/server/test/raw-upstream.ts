import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { buildSchema, graphqlSync } from 'graphql';
import { typeDefs } from './upstreams/schema.js';

export interface RawUpstream {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * An upstream that answers introspection, and to everything else writes what no HTTP server would: `answer` gets the
 * connection and the body.
 */
export async function startRawUpstream(answer: (socket: Socket, body: string) => void, port = 0): Promise<RawUpstream> {
  const schema = buildSchema(typeDefs);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    let received = '';
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
    socket.on('data', (bytes) => {
      received += bytes.toString();
      const body = bodyOf(received);
      if (body === undefined) return;
      received = '';
      if (!body.includes('IntrospectionQuery')) return answer(socket, body);
      const { query } = JSON.parse(body) as { query: string };
      socket.write(json(JSON.stringify(graphqlSync({ schema, source: query }))));
    });
  });
  await once(server.listen(port, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** A whole answer as it goes over the wire. */
export function json(text: string): string {
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
}

function bodyOf(received: string): string | undefined {
  const end = received.indexOf('\r\n\r\n');
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(received)?.[1] ?? 0);
  const body = end < 0 ? '' : received.slice(end + 4);
  return end < 0 || Buffer.byteLength(body) < length ? undefined : body;
}
