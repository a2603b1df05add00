import type { Socket } from 'node:net';

export interface Peer {
  readonly socket: Socket;
  /** Sends a sign of life. */
  beat(): void;
  /** The peer has given none. */
  cut(): void;
  /** Whether it has to answer to a sign of life; reading what waits for it is one in any case. */
  readonly answers: boolean;
}

/**
 * Gives a peer a sign of life every `interval` milliseconds, and cuts it off when it has given none since the last one:
 * one that is gone without a word, or that no longer reads. Returns what ends this.
 */
export function keepAlive({ socket, beat, cut, answers }: Peer, interval: number): () => void {
  let read = -1;
  let written = -1;
  let hasWaiting = false;

  const timer = setInterval(() => {
    const nowRead = socket.bytesRead;
    const nowWritten = socket.bytesWritten - socket.writableLength;
    const isAlive = nowRead !== read || (hasWaiting ? nowWritten !== written : !answers);
    if (!isAlive) {
      clearInterval(timer);
      cut();
      return;
    }
    beat();
    read = nowRead;
    written = socket.bytesWritten - socket.writableLength;
    hasWaiting = socket.writableLength > 0;
  }, interval);
  timer.unref();
  return () => clearInterval(timer);
}
