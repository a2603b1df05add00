import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface ListenerSettings {
  readonly host: string;
  readonly port: number;
  /** Milliseconds that a caller may take to send a request. */
  readonly requestTimeout: number;
}

/** How many header fields and bytes of them are read: a token is 600 bytes. */
const maxHeaderSize = 16 * 1024;

/** Milliseconds that an idle connection is kept: longer than the 60 s of common load balancers. */
const keepAliveTimeout = 65_000;

/** A connection; Node notes on it the answer that is due. */
type Connection = Socket & { readonly _httpMessage?: ServerResponse | null };

/** A server that knows its connections. */
export type HttpServer = Server & { readonly connected: ReadonlySet<Connection> };

export function createHttpServer({ requestTimeout }: Pick<ListenerSettings, 'requestTimeout'>): HttpServer {
  const server = createServer({
    maxHeaderSize,
    keepAliveTimeout,
    requestTimeout,
    headersTimeout: Math.min(requestTimeout, 30_000),
    // How often the two are looked at.
    connectionsCheckingInterval: Math.min(1_000, requestTimeout),
    ...upgradesOnlyToWebSockets,
  });
  const connected = new Set<Connection>();
  server.on('connection', (socket) => {
    // One whose request offered an upgrade comes again.
    if (connected.has(socket)) return;
    connected.add(socket);
    socket.once('close', () => connected.delete(socket));
  });
  server.on('clientError', answerBrokenRequest);
  return Object.assign(server, { connected });
}

/** Newer versions of Node ask what to hand over as an upgrade; the older ones hand over all (see upgrade.ts). */
const upgradesOnlyToWebSockets = {
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
};

const statuses: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

const slow = new WeakSet<Socket>();

/** This request may take longer than `requestTimeout`; whoever reads it sees to its end. The next of its connection may not. */
export function letTakeItsTime(request: IncomingMessage): void {
  const { socket } = request;
  slow.add(socket);
  request.once('end', () => slow.delete(socket));
}

/** What cannot be read as HTTP, or not in time: there is no request to answer, only a connection to end. */
function answerBrokenRequest(
  error: NodeJS.ErrnoException,
  socket: Socket & { _httpMessage?: { headersSent: boolean } },
) {
  // Node says it once, and lets the request go on if nobody ends it.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && slow.has(socket)) return;
  if (!socket.writable || socket._httpMessage?.headersSent) {
    socket.destroy();
    return;
  }
  const status = statuses[error.code ?? ''] ?? '400 Bad Request';
  const body = JSON.stringify({ errors: [{ message: `${status.slice(4)}.`, extensions: { code: 'BAD_REQUEST' } }] });
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
}

/** Listens and resolves with the port. Rejects with the system's error. */
export async function listen(server: Server, { host, port }: ListenerSettings): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Whether a request is for /graphql or /graphql/. */
export function isGraphqlUrl(url: string | undefined): boolean {
  const rest = url?.startsWith('/graphql') ? url.slice('/graphql'.length) : undefined;
  return rest === '' || rest === '/' || (rest?.startsWith('?') ?? false) || (rest?.startsWith('/?') ?? false);
}

/**
 * The one listener: /graphql and /graphql/ go to ours, everything else to the routes. A request that was sent before the
 * one ahead of it on its connection was answered (RFC 9112 §9.3.2) waits for its turn: Node tells its response nothing of
 * the connection's end, so that what was begun for it would go on for nobody, for ever.
 */
export function dispatch(graphql: RequestListener, routes: RequestListener): RequestListener {
  const answer: RequestListener = (request, response) => {
    if (isGraphqlUrl(request.url)) graphql(request, response);
    else routes(request, response);
  };
  return (request, response) => {
    if (response.socket) answer(request, response);
    else response.once('socket', () => answer(request, response));
  };
}

/**
 * Keeps requests waiting until the returned function gets the listener that answers them: a port that is bound takes
 * connections at once.
 */
export function holdRequests(server: Server): (listener: RequestListener) => void {
  const waiting: Parameters<RequestListener>[] = [];
  server.removeAllListeners('request').on('request', (...exchange) => waiting.push(exchange));
  return (listener) => {
    server.removeAllListeners('request').on('request', listener);
    for (const exchange of waiting) listener(...exchange);
  };
}

/**
 * Takes no more connections and waits until what is in flight is answered, at most `timeout` milliseconds;
 * then cuts what is left. Answers from now on end their connection, so that callers go elsewhere.
 */
export async function drain(server: HttpServer, timeout: number): Promise<void> {
  server.prependListener('request', (_request, response) => response.setHeader('connection', 'close'));
  const closed = once(server, 'close');
  server.close();
  for (const { _httpMessage: answer } of server.connected) {
    if (answer && !answer.headersSent) answer.setHeader('connection', 'close');
  }
  const cut = setTimeout(() => server.closeAllConnections(), timeout);
  const idle = setInterval(() => {
    server.closeIdleConnections();
    // Browsers open connections ahead of need; Node counts one on which nothing was asked as busy.
    for (const socket of server.connected) if (socket.bytesRead === 0) socket.destroy();
  }, 100);
  await closed;
  clearTimeout(cut);
  clearInterval(idle);
}
