import { once } from 'node:events';
import { WebSocket } from 'ws';
import type { TestServer } from './harness.js';

/** A WebSocket of a caller, of which every message is kept. */
export interface TestSocket {
  readonly socket: WebSocket;
  // biome-ignore lint/suspicious/noExplicitAny: a message has the shape that the test has asked for
  readonly messages: any[];
  /** Resolves with how it was closed. */
  readonly closed: Promise<{ code: number; reason: string }>;
  send(...messages: object[]): void;
  /** Resolves with the first message of that type, now or later. */
  // biome-ignore lint/suspicious/noExplicitAny: a message has the shape that the test has asked for
  receive(type: string): Promise<any>;
}

export interface SocketOptions {
  readonly protocol?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

/** Opens a WebSocket at the endpoint and says nothing. Rejects if it is refused. */
export async function openWebSocket(
  { url }: Pick<TestServer, 'url'>,
  { protocol = 'graphql-transport-ws', headers = {}, path = '' }: SocketOptions = {},
): Promise<TestSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocol === '' ? [] : [protocol], { headers });
  const messages: TestSocket['messages'] = [];
  socket.on('message', (data) => void messages.push(JSON.parse(String(data))));
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.on('close', (code, reason) => resolve({ code, reason: String(reason) }));
  });
  await once(socket, 'open');
  socket.on('error', () => undefined);
  return {
    socket,
    messages,
    closed,
    send(...sent) {
      for (const message of sent) socket.send(JSON.stringify(message));
    },
    async receive(type) {
      for (;;) {
        const message = messages.find((one) => one.type === type);
        if (message) return message;
        const event = await Promise.race([once(socket, 'message'), closed]);
        if (!Array.isArray(event)) throw new Error(`closed with ${event.code} ${event.reason} before "${type}"`);
      }
    },
  };
}

/** One that has said who it is. */
export async function openSession(server: Pick<TestServer, 'url'>, token?: string): Promise<TestSocket> {
  const open = await openWebSocket(server);
  open.send({ type: 'connection_init', ...(token !== undefined && { payload: { Authorization: `Bearer ${token}` } }) });
  await open.receive('connection_ack');
  return open;
}

/** The message that begins an operation. */
export const subscribe = (id: string, query: string, variables?: object) => ({
  id,
  type: 'subscribe',
  payload: { query, ...(variables && { variables }) },
});

/** The status and the error code with which a WebSocket is refused. */
export function refusalOf(
  { url }: Pick<TestServer, 'url'>,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; code: string }> {
  const socket = new WebSocket(url.replace('http', 'ws'), 'graphql-transport-ws', { headers });
  return new Promise((resolve, reject) => {
    socket.on('open', () => reject(new Error('It was let in.')));
    socket.on('error', () => undefined);
    socket.on('unexpected-response', async (_request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const { errors } = JSON.parse(Buffer.concat(chunks).toString());
      resolve({ status: response.statusCode ?? 0, code: errors[0].extensions.code });
    });
  });
}
