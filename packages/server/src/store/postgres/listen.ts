import type { Log } from '../../lib/log.js';
import type { Store } from '../store.js';
import { channel } from './changes.js';
import type { Connection } from './connection.js';
import { messageOf } from './failures.js';

export interface Listening {
  readonly open: (onLoss: (error: Error) => void) => Promise<Connection>;
  /** Milliseconds between two signs of life that are asked of the server. */
  readonly heartbeat: number;
  readonly log: Log | undefined;
}

export interface Listener {
  readonly watchChanges: Store['watchChanges'];
  close(): Promise<void>;
}

/** Milliseconds before the next attempt to connect. */
const backoff = { first: 100, limit: 5_000 };

/**
 * Keeps a connection of its own that hears when another node has changed something, from the first that wants to
 * know. It tells nobody what: what it says may be lost, and the changes are the one truth.
 */
export function createListener({ open, heartbeat, log }: Listening): Listener {
  const listeners = new Set<() => void>();
  let connection: Connection | undefined;
  let isStarted = false;
  let isClosed = false;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;
  let connecting: Promise<void> | undefined;

  const wake = () => {
    for (const listener of listeners) listener();
  };

  function lose(error: unknown): void {
    clearTimeout(timer);
    connection = undefined;
    if (isClosed) return;
    if (failures++ === 0) {
      log?.warn({ reason: messageOf(error) }, 'cannot hear at once of what other nodes change; polling goes on');
    }
    timer = setTimeout(connect, Math.min(backoff.first * 2 ** (failures - 1), backoff.limit)).unref();
  }

  function connect(): void {
    connecting = attempt()
      .catch(lose)
      .finally(() => {
        connecting = undefined;
      });
  }

  async function attempt(): Promise<void> {
    let lost: Error | undefined;
    let isListening = false;
    const opened = await open((error) => {
      lost = error;
      if (isListening) lose(error);
    });
    opened.onNotification(wake);
    try {
      await opened.run(`LISTEN ${channel}`);
    } catch (error) {
      // Of a server that knows no LISTEN each attempt would leave one more connection behind.
      if (!lost) await opened.end();
      throw error;
    }
    if (lost) throw lost;
    if (isClosed) return opened.end();
    isListening = true;
    connection = opened;
    failures = 0;
    beat(opened);
    // What was said while nobody listened is not said again.
    wake();
  }

  /** A connection that is only read from would never notice that the other end is gone. */
  function beat(opened: Connection): void {
    timer = setTimeout(() => {
      // No answer breaks the connection, and that is told to whoever opened it.
      opened.run('SELECT 1').then(
        () => {
          if (connection === opened) beat(opened);
        },
        () => undefined,
      );
    }, heartbeat).unref();
  }

  return {
    watchChanges(listener) {
      // One that is given twice is two.
      const own = () => listener();
      listeners.add(own);
      if (!isStarted && !isClosed) connect();
      isStarted = true;
      return () => void listeners.delete(own);
    },
    async close() {
      isClosed = true;
      listeners.clear();
      clearTimeout(timer);
      await connecting;
      await connection?.end();
    },
  };
}
