import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';

export interface Sending {
  /** All of it was handed to the socket. */
  readonly isDone: boolean;
  /** The rest is not wanted any more. */
  stop(): void;
}

/** Writes a body of unknown length in chunks (RFC 9112 §7.1), no faster than the socket takes it. */
export function sendChunked(
  socket: Socket,
  body: Readable,
  { onProgress, onFailure }: { onProgress(): void; onFailure(error: Error): void },
): Sending {
  let isDone = false;
  let isStopped = false;

  const onDrain = () => {
    onProgress();
    body.resume();
  };
  const onData = (piece: Buffer | string) => {
    const chunk = typeof piece === 'string' ? Buffer.from(piece) : piece;
    // An empty one would end the body.
    if (chunk.length === 0) return;
    onProgress();
    socket.cork();
    socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    socket.write(chunk);
    const isTaken = socket.write('\r\n', 'latin1');
    socket.uncork();
    if (isTaken) return;
    body.pause();
    socket.once('drain', onDrain);
  };
  const onEnd = () => {
    isDone = true;
    socket.write('0\r\n\r\n', 'latin1');
  };
  const onClose = () => {
    if (!isDone && !isStopped) onFailure(brokenOff());
  };
  body
    .on('data', onData)
    .once('end', onEnd)
    .once('close', onClose)
    .once('error', (error) => {
      if (!isStopped) onFailure(error);
    });

  // It says so once, and may have while the request waited for a connection.
  if (body.destroyed) process.nextTick(() => onFailure(body.errored ?? brokenOff()));

  return {
    get isDone() {
      return isDone;
    },
    stop() {
      isStopped = true;
      socket.off('drain', onDrain);
      body.off('data', onData).off('end', onEnd);
      // What may still fail concerns nobody.
      body.on('error', () => undefined).destroy();
    },
  };
}

function brokenOff(): Error {
  return new Error('The body of a request has broken off.');
}
