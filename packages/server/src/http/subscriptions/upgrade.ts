import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { LatchkeyError } from '../../domain/errors.js';
import { formatError, toLatchkeyError } from '../../graphql/format-error.js';
import { networkOf } from '../../lib/network.js';
import type { GraphqlEndpoint } from '../call.js';
import { corsHeaders } from '../cors.js';
import { readBearerToken } from '../credentials.js';
import { createAttempt } from '../exchange.js';
import { type HttpServer, isGraphqlUrl } from '../listener.js';
import { note } from '../send.js';
import { callerOf } from './caller.js';
import { goodbye } from './closing.js';
import { speak } from './connection.js';
import type { Opening } from './dialogue.js';
import { beginOperation } from './operation.js';

/** The most pieces that a message may come in. */
const maxFragments = 1_024;

/** Takes WebSockets at /graphql and /graphql/. */
export function acceptWebSockets(server: HttpServer, endpoint: GraphqlEndpoint): void {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: endpoint.bodyLimit,
    maxFragments,
    perMessageDeflate: false,
    handleProtocols,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Broken connections are what the rest of this hears of as "close".
    if (!socket.listeners('error').includes(ignore)) socket.on('error', ignore);
    if (request.headers.upgrade?.toLowerCase() !== 'websocket')
      return answerWithoutUpgrade(server, request, socket, head);
    let opening: Opening;
    try {
      opening = open(endpoint, request);
    } catch (thrown) {
      refuse(endpoint, request, socket, toLatchkeyError(thrown));
      return;
    }
    sockets.handleUpgrade(request, socket, head, (websocket) => {
      if (websocket.protocol === GRAPHQL_TRANSPORT_WS_PROTOCOL) speak(websocket, opening, endpoint, beginOperation);
      else sendAway(websocket);
    });
  });
}

/** One for all, as a connection may be here for each of its requests. */
function ignore(): void {}

/** It speaks another protocol, such as the older graphql-ws. */
function sendAway(websocket: WebSocket): void {
  websocket.on('error', () => undefined);
  websocket.close(CloseCode.SubprotocolNotAcceptable, 'Subprotocol not acceptable');
  setTimeout(() => websocket.terminate(), goodbye).unref();
}

/** Throws what has to be told over HTTP. A page of another site could open a WebSocket without asking: Origin says so. */
function open(endpoint: GraphqlEndpoint, request: IncomingMessage): Opening {
  if (!isGraphqlUrl(request.url)) throw new LatchkeyError('NOT_FOUND');
  corsHeaders(request, endpoint.publicUrl, endpoint.corsOrigins);
  const source = endpoint.sourceOf(request);
  endpoint.callers.enter(networkOf(source), performance.now()).leave();
  const caller = callerOf(undefined, source);
  endpoint.live.assertRoom(caller);
  return {
    endpoint,
    request,
    headerToken: readBearerToken(request.rawHeaders),
    enter: (connection) => endpoint.live.enter(connection, caller),
  };
}

function refuse(endpoint: GraphqlEndpoint, request: IncomingMessage, socket: Duplex, error: LatchkeyError): void {
  const attempt = createAttempt(request, 'refused');
  note(attempt, error.code, error.cause);
  endpoint.finished(attempt);
  const body = JSON.stringify({ errors: [formatError(error, attempt.id)] });
  const lines = [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    ...(error.retryAfter === undefined ? [] : [`Retry-After: ${error.retryAfter}`]),
  ];
  // Else it stays open until the other side ends it, too.
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * Some clients offer HTTP/2 with every request (Java's own does), and a server may answer as if they had not (RFC 9110
 * §7.8). Once anybody listens for upgrades, Node hands them all over with no way back; so the request is put before its
 * connection again, without the offer, and read anew.
 */
function answerWithoutUpgrade(server: HttpServer, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { method, url, httpVersion, rawHeaders } = request;
  const lines = [`${method} ${url} HTTP/${httpVersion}`];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    const value = rawHeaders[i + 1] as string;
    if (/^connection$/i.test(name)) lines.push(`${name}: ${withoutOffer(value)}`);
    else if (!offer.test(name)) lines.push(`${name}: ${value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  server.emit('connection', socket);
}

const offer = /^\s*(?:upgrade|http2-settings)\s*$/i;

function withoutOffer(connection: string): string {
  const options = connection.split(',').filter((option) => !offer.test(option));
  return options.length > 0 ? options.join(',') : 'keep-alive';
}
