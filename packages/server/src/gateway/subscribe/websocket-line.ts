import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL } from 'graphql-ws';
import { WebSocket } from 'ws';
import { LatchkeyError } from '../../domain/errors.js';
import { parseExact } from '../../lib/exact-json.js';
import { isRecord } from '../../lib/is-record.js';
import { sliceMember } from '../../lib/json-member.js';
import { isShallow } from '../../lib/json-nesting.js';
import { isAnswer } from '../answer-shape.js';
import type { Question } from '../ask.js';
import type { RawHeaders } from '../headers.js';
import { createEnded, createEventQueue, type EventQueue, UpstreamRefusal } from './events.js';
import { type Line, type LineSettings, maxEventBytes } from './line.js';

/** A WebSocket to the upstream, and the subscriptions on it. */
interface Wire {
  readonly socket: WebSocket;
  readonly queues: Map<string, EventQueue>;
  /** By their ids, what is to be asked for when the upstream has acknowledged the connection; undefined when it has. */
  unsent: Map<string, string> | undefined;
  /** Runs while there is no subscription. */
  idle: NodeJS.Timeout | undefined;
  /** Characters that wait for the caller. */
  size: number;
  isAlive: boolean;
}

/**
 * A line over one WebSocket that speaks graphql-transport-ws: opened with the first subscription and its headers, closed
 * soon after the last. Nothing is tried twice: whoever subscribes must hear that events may have been missed.
 * By hand rather than by the client of graphql-ws, because events go on as the bytes that they are, and because the
 * socket is not read while the caller does not read.
 */
export function openWebSocketLine(settings: LineSettings): Line {
  let wire: Wire | undefined;
  let lastId = 0;
  let isClosed = false;

  function subscribe(question: Question, headers: RawHeaders) {
    if (isClosed) return createEnded();
    // One that has failed, or on which the last subscription has ended, is closing.
    if (!wire || wire.socket.readyState > WebSocket.OPEN) wire = connect(settings, headers);
    return subscribeOn(wire, String(++lastId), question, settings.buffer);
  }

  return {
    subscribe,
    close() {
      isClosed = true;
      if (wire) hangUp(wire.socket);
    },
  };
}

function subscribeOn(wire: Wire, id: string, question: Question, buffer: number): EventQueue {
  const queue = createEventQueue({
    sizeChanged(by) {
      const isFull = wire.size > buffer;
      wire.size += by;
      if (!isFull && wire.size > buffer) wire.socket.pause();
      else if (isFull && wire.size <= buffer) wire.socket.resume();
    },
    closed: () => leave(wire, id),
  });
  clearTimeout(wire.idle);
  wire.queues.set(id, queue);
  const message = `{"id":"${id}","type":"subscribe","payload":${question}}`;
  if (wire.unsent) wire.unsent.set(id, message);
  else send(wire, message);
  return queue;
}

function send({ socket }: Wire, message: string): void {
  if (socket.readyState === WebSocket.OPEN) socket.send(message);
}

/** Ends a subscription at the upstream. */
function leave(wire: Wire, id: string): void {
  // What was never asked for need not be ended.
  if (!wire.unsent?.delete(id)) send(wire, JSON.stringify({ id, type: 'complete' }));
  forget(wire, id);
}

/** Milliseconds that a WebSocket without subscriptions is kept: one that is ended is often followed by the next. */
const linger = 500;

function forget(wire: Wire, id: string): void {
  wire.queues.delete(id);
  if (wire.queues.size > 0) return;
  clearTimeout(wire.idle);
  wire.idle = setTimeout(() => hangUp(wire.socket), linger).unref();
}

/** Milliseconds that an upstream may take to answer to the closing of a WebSocket. */
const closingTimeout = 2_000;

function hangUp(socket: WebSocket): void {
  if (socket.readyState === WebSocket.CONNECTING) {
    socket.terminate();
    return;
  }
  socket.close(1000);
  setTimeout(() => socket.terminate(), closingTimeout).unref();
}

function connect({ url, timeout, keepAlive }: LineSettings, headers: RawHeaders): Wire {
  const socket = new WebSocket(url, GRAPHQL_TRANSPORT_WS_PROTOCOL, {
    headers: toRecord(headers),
    handshakeTimeout: timeout,
    maxPayload: maxEventBytes,
    perMessageDeflate: false,
  });
  const wire: Wire = { socket, queues: new Map(), unsent: new Map(), idle: undefined, size: 0, isAlive: true };

  function fail(error: LatchkeyError): void {
    for (const queue of wire.queues.values()) queue.end(error);
    wire.queues.clear();
  }

  const unanswered = setTimeout(() => {
    fail(new LatchkeyError('UPSTREAM_TIMEOUT', { cause: new Error('the upstream did not acknowledge a connection') }));
    socket.terminate();
  }, timeout);
  const beat = setInterval(() => checkAlive(wire), keepAlive);

  socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: initPayload(headers) })));
  socket.on('pong', () => {
    wire.isAlive = true;
  });
  socket.on('message', (data, isBinary) => {
    wire.isAlive = true;
    if (!isBinary && receive(wire, String(data))) {
      if (!wire.unsent) clearTimeout(unanswered);
      return;
    }
    fail(invalid('the upstream sent no message of graphql-transport-ws'));
    socket.close(CloseCode.BadResponse);
  });
  socket.on('error', (cause) => fail(failureOf(cause)));
  socket.on('close', (code, reason) => {
    clearTimeout(unanswered);
    clearInterval(beat);
    clearTimeout(wire.idle);
    fail(new LatchkeyError('UPSTREAM_UNAVAILABLE', { cause: new Error(`the upstream closed with ${code} ${reason}`) }));
  });
  return wire;
}

/** A caller who does not read is why the upstream is not read either: then its silence means nothing. */
function checkAlive(wire: Wire): void {
  const { socket } = wire;
  if (socket.isPaused || socket.readyState !== WebSocket.OPEN) return;
  if (!wire.isAlive) {
    socket.terminate();
    return;
  }
  wire.isAlive = false;
  socket.ping();
}

/** Does what a message says; false if it says nothing that can be understood. */
function receive(wire: Wire, text: string): boolean {
  const message = parse(text);
  if (!message) return false;
  const { type, id, payload } = message;
  if (type === 'connection_ack') {
    const { unsent } = wire;
    wire.unsent = undefined;
    for (const one of unsent?.values() ?? []) send(wire, one);
    return true;
  }
  if (type === 'ping') {
    // Not before the acknowledgement alone: a server may ask whether we are there at any time.
    wire.socket.send(JSON.stringify(payload === undefined ? { type: 'pong' } : { type: 'pong', payload }));
    return true;
  }
  if (type === 'pong') return true;
  if (typeof id !== 'string') return false;
  const queue = wire.queues.get(id);
  // What was on its way when the caller ended it.
  if (!queue) return true;
  if (type === 'next') return receiveEvent(wire, id, queue, payload, text);
  if (!receiveEnd(queue, message, text)) return false;
  forget(wire, id);
  return true;
}

function receiveEvent(wire: Wire, id: string, queue: EventQueue, payload: unknown, text: string): boolean {
  if (isAnswer(payload)) queue.push(sliceMember(text, 'payload') ?? '');
  else {
    // The message is one, so that the others on the wire can go on.
    if (typeof payload !== 'object' || payload === null) return false;
    queue.end(invalid('an event of the upstream is no GraphQL'));
    leave(wire, id);
  }
  return true;
}

function receiveEnd(queue: EventQueue, { type, payload }: Message, text: string): boolean {
  if (type === 'error' && Array.isArray(payload) && isAnswer({ errors: payload })) {
    queue.end(new UpstreamRefusal(parseExact(sliceMember(text, 'payload') ?? '[]') as readonly unknown[]));
    return true;
  }
  if (type !== 'complete') return false;
  queue.end();
  return true;
}

interface Message {
  readonly type?: unknown;
  readonly id?: unknown;
  readonly payload?: unknown;
}

/** Undefined for what is no message, or is nested so deeply that it could not be written again. */
function parse(text: string): Message | undefined {
  if (!isShallow(text)) return undefined;
  try {
    const message: unknown = JSON.parse(text);
    return isRecord(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

/** The same credential once more, for servers that look for it there alone. */
function initPayload(headers: RawHeaders): Readonly<Record<string, string>> | undefined {
  const at = headers.findIndex((name, i) => i % 2 === 0 && name === 'authorization');
  return at < 0 ? undefined : { Authorization: headers[at + 1] as string };
}

function toRecord(headers: RawHeaders): Record<string, string | string[]> {
  const record: Record<string, string | string[]> = Object.create(null);
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    const before = record[name];
    record[name] = before === undefined ? value : [before, value].flat();
  }
  return record;
}

function failureOf(cause: Error): LatchkeyError {
  if (cause.message.includes('timed out')) return new LatchkeyError('UPSTREAM_TIMEOUT', { cause });
  // An answer that is none to an upgrade, or frames that are none.
  const isInvalid = /^Unexpected server response|subprotocol|^Invalid|exceeded/i.test(cause.message);
  return new LatchkeyError(isInvalid ? 'UPSTREAM_INVALID' : 'UPSTREAM_UNAVAILABLE', { cause });
}

function invalid(text: string): LatchkeyError {
  return new LatchkeyError('UPSTREAM_INVALID', { cause: new Error(text) });
}
