import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { CloseCode } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { ErrorCode, LatchkeyError } from '../../domain/errors.js';
import { toLatchkeyError } from '../../graphql/format-error.js';
import type { GraphqlEndpoint } from '../call.js';
import { createAttempt } from '../exchange.js';
import { note } from '../send.js';
import { callerOf } from './caller.js';
import { closeCodeOf, goingAway, goodbye } from './closing.js';
import { connectionToken } from './connection-token.js';
import type { Dialogue, Opening, SocketSettings } from './dialogue.js';
import { identify, nobody } from './identify.js';
import { keepAlive } from './keep-alive.js';
import type { Connection } from './live.js';
import { type Message, readMessage } from './message.js';
import { roomIn } from './room.js';

/** Begins the operation of a "subscribe" message, whose text is `text`. */
type Begin = (dialogue: Dialogue, id: string, payload: Record<string, unknown>, text: string) => void;

/**
 * Speaks graphql-transport-ws with a caller. By hand rather than by makeServer of graphql-ws, whose vocabulary it uses:
 * that wants documents to execute where we have streams of bytes, and cannot end a query that its caller has ended.
 * `enter` takes the connection among those that are open, which was checked to be possible.
 */
export function speak(
  socket: WebSocket,
  { endpoint, request, headerToken, enter }: Opening,
  settings: SocketSettings,
  begin: Begin,
): void {
  const raw = request.socket as Socket;
  const operations: Dialogue['operations'] = new Map();
  let identity = nobody;
  let state: 'new' | 'checking' | 'acknowledged' | 'leaving' | 'closed' = 'new';
  let line: Dialogue['line'];
  let endedWith: ErrorCode | undefined;

  const connection: Connection = {
    get claims() {
      return identity.claims;
    },
    get token() {
      return identity.token;
    },
    end,
    goAway,
  };
  const seat = enter(connection);

  const dialogue: Dialogue = {
    endpoint,
    request,
    seat,
    operations,
    get identity() {
      return identity;
    },
    get line() {
      return line;
    },
    set line(opened) {
      line = opened;
    },
    send,
    room: () => roomIn(raw, settings.subscriptionBuffer),
    end,
    get endedWith() {
      return endedWith;
    },
    ended: leaveIfIdle,
  };

  function send(text: string): void {
    if (socket.readyState === socket.OPEN) socket.send(text);
  }

  function close(code: number, reason: string): void {
    if (state === 'closed') return;
    settle();
    socket.close(code, reason);
    setTimeout(() => socket.terminate(), goodbye).unref();
  }

  /** Nothing runs any more from here on, whatever the caller does. */
  function settle(): void {
    state = 'closed';
    clearTimeout(initTimer);
    stopBeating();
    for (const { stream } of operations.values()) stream.close();
    operations.clear();
    line?.close();
  }

  function end(error: LatchkeyError): void {
    if (state !== 'closed') endedWith = error.code;
    close(closeCodeOf(error), error.code);
  }

  function goAway(timeout: number): void {
    if (state === 'closed') return;
    state = 'leaving';
    setTimeout(leave, timeout).unref();
    leaveIfIdle();
  }

  function leave(): void {
    if (state === 'closed') return;
    endedWith = 'GOING_AWAY';
    close(goingAway, endedWith);
  }

  function leaveIfIdle(): void {
    if (state !== 'leaving') return;
    if ([...operations.values()].every(({ isSubscription }) => isSubscription)) leave();
  }

  async function acknowledge(payload: Record<string, unknown> | undefined): Promise<void> {
    if (state !== 'new') return close(CloseCode.TooManyInitialisationRequests, 'Too many initialisation requests');
    state = 'checking';
    clearTimeout(initTimer);
    try {
      const token = connectionToken(payload, headerToken);
      if (token !== undefined) {
        identity = await identify(endpoint, token);
        seat.moveTo(callerOf(identity.claims, ''));
      }
    } catch (thrown) {
      const error = toLatchkeyError(thrown);
      report(endpoint, request, error);
      return end(error);
    }
    // Closed or stopping meanwhile.
    if ((state as string) !== 'checking') return;
    state = 'acknowledged';
    send('{"type":"connection_ack"}');
  }

  function receive(text: string): void {
    const message = readMessage(text);
    switch (message?.type) {
      case 'connection_init':
        void acknowledge(message.payload);
        break;
      case 'ping':
        send(JSON.stringify({ ...message, type: 'pong' }));
        break;
      case 'pong':
        break;
      case 'subscribe':
        subscribe(message, text);
        break;
      case 'complete':
        complete(message.id);
        break;
      default:
        close(CloseCode.BadRequest, 'Invalid message received');
    }
  }

  function subscribe({ id, payload }: Message, text: string): void {
    if (state === 'new' || state === 'checking') close(CloseCode.Unauthorized, 'Unauthorized');
    else if (operations.has(id)) close(CloseCode.SubscriberAlreadyExists, 'Subscriber already exists');
    else begin(dialogue, id, payload, text);
  }

  function complete(id: string): void {
    operations.get(id)?.stream.close();
    operations.delete(id);
    leaveIfIdle();
  }

  const initTimer = setTimeout(
    () => close(CloseCode.ConnectionInitialisationTimeout, 'Connection initialisation timeout'),
    settings.connectionInitTimeout,
  ).unref();
  const stopBeating = keepAlive(
    { socket: raw, beat: () => socket.ping(), cut: () => socket.terminate(), answers: true },
    settings.subscriptionKeepAlive,
  );

  socket.on('message', (data, isBinary) => {
    if (state === 'closed') return;
    if (isBinary) return close(CloseCode.BadRequest, 'Invalid message received');
    pauseFor(socket, dialogue.room());
    receive(String(data));
  });
  // Frames that are none, or too large: ws has closed with 1002, 1007 or 1009.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    settle();
    seat.leave();
  });
}

/** Who sends and never reads is not read either. */
function pauseFor(socket: WebSocket, room: Promise<void> | undefined): void {
  if (!room || socket.isPaused) return;
  socket.pause();
  void room.then(() => socket.resume());
}

/** Tells log and metrics of a connection that was refused. */
function report(endpoint: GraphqlEndpoint, request: IncomingMessage, error: LatchkeyError): void {
  const attempt = createAttempt(request, 'refused');
  note(attempt, error.code, error.cause);
  endpoint.finished(attempt);
}
