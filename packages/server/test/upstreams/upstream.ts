import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

/** A request as it arrived, before the server under it looked at it. */
export interface ReceivedRequest {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  /** The raw body, at most its first megabyte. */
  body: string;
}

/** A running GraphQL server that is not ours. */
export interface Upstream {
  name: string;
  /** The GraphQL endpoint. */
  url: string;
  /** The newest 1,000 requests, the oldest first. */
  requests: ReceivedRequest[];
  /** Stops at once, also in the middle of an answer. */
  close(): Promise<void>;
}

const MAX_REQUESTS = 1_000;
const MAX_BODY = 1_000_000;
const CHANNEL = 'http.server.request.start';

function recordBody(request: IncomingMessage, received: ReceivedRequest) {
  const decoder = new StringDecoder('utf8');
  const push = request.push.bind(request);
  // Listening for 'data' would take the body away from a server that reads it later; push only sees it pass.
  request.push = (chunk: Buffer | null, encoding) => {
    if (chunk && received.body.length < MAX_BODY) received.body += decoder.write(chunk);
    return push(chunk, encoding);
  };
}

/**
 * Records what arrives at the HTTP server of this process that listens on `port`. Node's own channel is used, since
 * Apollo's standalone server does not give its HTTP server away.
 * @returns the requests, and `stop`, which ends the recording and destroys the connections they came on
 */
export function recordRequests(port: number): { requests: ReceivedRequest[]; stop(): void } {
  const requests: ReceivedRequest[] = [];
  const sockets = new Set<Socket>();
  const onRequest = (message: unknown) => {
    const { request } = message as { request: IncomingMessage };
    const { method = '', url = '', headers, socket } = request;
    if (socket.localPort !== port) return;
    if (!sockets.has(socket)) socket.once('close', () => sockets.delete(socket));
    sockets.add(socket);
    const received = { method, url, headers: { ...headers }, body: '' };
    recordBody(request, received);
    requests.push(received);
    if (requests.length > MAX_REQUESTS) requests.shift();
  };
  subscribe(CHANNEL, onRequest);
  const stop = () => {
    unsubscribe(CHANNEL, onRequest);
    for (const socket of sockets) socket.destroy();
  };
  return { requests, stop };
}

/** Lets a server listen, at a port of its own unless one is given, and records what arrives there. */
export async function listen(server: Server, port = 0): Promise<Omit<Upstream, 'name'>> {
  await once(server.listen(port, '127.0.0.1'), 'listening');
  const { port: listening } = server.address() as AddressInfo;
  const { requests, stop } = recordRequests(listening);
  return {
    url: `http://127.0.0.1:${listening}/graphql`,
    requests,
    async close() {
      stop();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
