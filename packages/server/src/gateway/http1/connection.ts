import { Readable } from 'node:stream';
import { createAnswerReader } from './answer-reader.js';
import { connect } from './connect.js';
import { ConnectionClosed, TimedOut } from './failures.js';
import { type Sending, sendChunked } from './send-body.js';
import type { InFlight, Target } from './types.js';

export interface Connection {
  /** Sends a request; the one before it has to be over. */
  send(flight: InFlight): void;
  /** Reads on, after the handler has said that it is full. */
  resume(): void;
  /** Cuts it. The request on it fails with `error`, or hears nothing where there is none. */
  destroy(error?: Error): void;
  /** Whether it may be asked once more. */
  isFresh(): boolean;
}

export interface ConnectionOwner {
  /** The answer is whole, and another request may follow. */
  onIdle(connection: Connection): void;
  /** Once: it cannot be used any more. */
  onClosed(connection: Connection): void;
  /** The request has failed; `isHeard` if part of an answer had come by then. */
  onFailed(flight: InFlight, error: Error, isHeard: boolean): void;
}

/** Bytes that are read at once: enough for most answers, and as much as Node reads by itself as soon as there is more. */
const firstReadSize = 8_192;
const readSize = 65_536;

/** Bytes of a body that is sent in one piece with its head. */
const maxJoined = 16_384;

/** A connection that asks one thing at a time (no pipelining), and reads into memory of its own, again and again. */
export function openConnection(target: Target, owner: ConnectionOwner): Connection {
  const { timeout, mayPause } = target;
  let buffer = Buffer.allocUnsafeSlow(firstReadSize);
  let flight: InFlight | undefined;
  let sending: Sending | undefined;
  let keepFor = 0;
  let idleSince = 0;
  let isPaused = false;
  let isClosed = false;

  const reader = createAnswerReader({
    onHead({ status, fields, keepFor: allowed }) {
      timer.refresh();
      keepFor = allowed;
      flight?.handler.onHead(status, fields);
    },
    onData: (bytes) => flight?.handler.onData(bytes),
  });
  const socket = connect(target, { buffer: () => buffer, callback: onRead });
  const timer = setTimeout(onTimeout, timeout).unref();
  // The time until the connection is there is one of its own.
  socket.once('connect', () => timer.refresh());
  socket.on('error', fail).on('end', onEof).on('close', onEof);
  const isFresh = () => socket.writable && performance.now() - idleSince < keepFor;
  const connection: Connection = { send, resume, destroy, isFresh };
  return connection;

  function send(next: InFlight): void {
    flight = next;
    reader.begin();
    timer.refresh();
    const { head, body } = next;
    if (body instanceof Readable) {
      socket.write(`${head}transfer-encoding: chunked\r\n\r\n`, 'latin1');
      sending = sendChunked(socket, body, { onProgress: () => timer.refresh(), onFailure: fail });
      return;
    }
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const text = `${head}content-length: ${bytes.length}\r\n\r\n`;
    if (bytes.length <= maxJoined) {
      // As text, each byte a character: one system call from one piece.
      socket.write(text + bytes.toString('latin1'), 'latin1');
      return;
    }
    socket.cork();
    socket.write(text, 'latin1');
    socket.write(bytes);
    socket.uncork();
  }

  /** Called by Node with the number of bytes that are new in `buffer`. Returns whether to read on. */
  function onRead(length: number): boolean {
    // A head may not drip: all of it has to come in the time of one piece.
    if (reader.hasHead) timer.refresh();
    try {
      const used = reader.read(buffer, length);
      if (reader.isWhole) complete(used === length);
      else settle();
    } catch (error) {
      fail(error as Error);
    }
    if (length === buffer.length && length < readSize) buffer = Buffer.allocUnsafeSlow(readSize);
    return !isPaused;
  }

  function settle(): void {
    const taken = flight?.handler.onRead() ?? 'used';
    // Also when it is full: TLS goes on with what it has decrypted by then.
    if (taken !== 'used') buffer = Buffer.allocUnsafeSlow(buffer.length);
    if (taken === 'full') isPaused = true;
  }

  /** What stands behind an answer must not be taken for the answer to the next request, nor what nobody has asked for. */
  function complete(isNothingBehind: boolean): void {
    flight?.handler.onEnd();
    settle();
    if (!flight) {
      close();
      return;
    }
    flight.isOver = true;
    flight = undefined;
    resume();
    // The rest of a request that was answered early would be taken for the beginning of the next.
    const isSent = (sending?.isDone ?? true) && socket.writableLength === 0;
    sending?.stop();
    sending = undefined;
    if (isNothingBehind && isSent && keepFor > 0) {
      idleSince = performance.now();
      owner.onIdle(connection);
    } else close();
  }

  function onEof(): void {
    try {
      if (reader.end()) complete(false);
      else fail(new ConnectionClosed('the upstream has closed the connection before its answer was whole'));
    } catch (error) {
      fail(error as Error);
    }
  }

  function onTimeout(): void {
    if (!flight || isPaused || (mayPause && reader.hasHead)) return;
    if (sending && !sending.isDone && !socket.writableNeedDrain) {
      // It is the caller who does not go on, and whose time is bounded elsewhere.
      timer.refresh();
      return;
    }
    fail(new TimedOut(`the upstream has sent nothing for ${timeout} ms`));
  }

  function resume(): void {
    if (!isPaused) return;
    isPaused = false;
    timer.refresh();
    socket.resume();
  }

  function fail(error: Error): void {
    const failed = flight;
    const { isHeard } = reader;
    close();
    if (failed) owner.onFailed(failed, error, isHeard);
  }

  function destroy(error?: Error): void {
    if (error) fail(error);
    else close();
  }

  function close(): void {
    flight = undefined;
    reader.stop();
    if (isClosed) return;
    isClosed = true;
    clearTimeout(timer);
    sending?.stop();
    socket.destroy();
    owner.onClosed(connection);
  }
}
