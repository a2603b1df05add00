import type { Writable } from 'node:stream';

/**
 * Waits until less than `limit` bytes wait in a stream, or it is closed; undefined if that is so already. Of many who
 * wait, each looks again when it is its turn, so that together they do not write more than there is room for.
 */
export function roomIn(stream: Writable, limit: number): Promise<void> | undefined {
  return hasRoom(stream, limit) ? undefined : awaitRoom(stream, limit);
}

function hasRoom(stream: Writable, limit: number): boolean {
  return stream.writableLength < limit || stream.destroyed || stream.writableEnded;
}

async function awaitRoom(stream: Writable, limit: number): Promise<void> {
  while (!hasRoom(stream, limit)) await drained(stream);
}

/** One listener for all who wait. */
const waiting = new WeakMap<Writable, Promise<void>>();

function drained(stream: Writable): Promise<void> {
  let promise = waiting.get(stream);
  if (!promise) {
    promise = new Promise<void>((resolve) => {
      const done = () => {
        stream.off('drain', done).off('close', done);
        waiting.delete(stream);
        resolve();
      };
      stream.on('drain', done).on('close', done);
    });
    waiting.set(stream, promise);
  }
  return promise;
}
