import { Readable } from 'node:stream';
import { type Connection, openConnection } from './connection.js';
import { ConnectionClosed, isConnectionFailure, TimedOut } from './failures.js';
import { fieldLines } from './request-head.js';
import type { AnswerHandler, InFlight, Target, UpstreamRequest } from './types.js';

export interface PoolSettings {
  /** Connections at once; requests that find all of them at work wait for one. */
  readonly connections: number;
  /** Milliseconds until an answer has to begin, that a request may wait for a connection, and between two pieces. */
  readonly timeout: number;
  /** An answer that has begun may pause for as long as it likes; no if not given. */
  readonly mayPause?: boolean;
  /** Milliseconds without a byte after which TCP asks whether the other side is there; a minute if not given. */
  readonly keepAliveDelay?: number;
}

/** Connections to one origin, over which requests are sent with HTTP/1.1. */
export interface Pool {
  /** The handler is called later, never from here. Throws a TypeError if the header fields cannot be sent. */
  dispatch(request: UpstreamRequest, handler: AnswerHandler): InFlight;
  /** Gives a request up and cuts its connection, so that the other side can stop too; its handler hears nothing more. */
  abort(flight: InFlight): void;
  /** Goes on after the handler was full. */
  resume(flight: InFlight): void;
  /** Cuts everything; what is on its way fails. */
  destroy(): void;
}

interface Entry extends InFlight {
  connection: Connection | undefined;
  waiting: NodeJS.Timeout | undefined;
  mayRepeat: boolean;
}

/** Milliseconds after which connections that nobody has used are looked for. */
const sweepInterval = 5_000;

const shut = 'the connections to the upstream were closed';

export function createPool(url: URL, settings: PoolSettings): Pool {
  const { connections: limit, timeout, mayPause = false, keepAliveDelay = 60_000 } = settings;
  let session: Buffer | undefined;
  const target: Target = {
    url,
    timeout,
    mayPause,
    keepAliveDelay,
    session: () => session,
    onSession(latest) {
      session = latest;
    },
  };
  const prefix = ` HTTP/1.1\r\nhost: ${url.host}\r\nconnection: keep-alive\r\n`;
  const open = new Set<Connection>();
  /** Those that nobody uses, the one that was used last at the end: those that are not needed grow old. */
  const idle: Connection[] = [];
  /**
   * The same, answered in the last turn of the loop and in this one. The end of a connection may stand right behind an
   * answer and be read a turn later, and what was sent by then is lost: only a query can be sent again.
   */
  let settling: Connection[] = [];
  let answered: Connection[] = [];
  let isTurning = false;
  const queue: Entry[] = [];
  let sweeping: NodeJS.Timeout | undefined;
  let isDestroyed = false;

  const owner = {
    onIdle(connection: Connection) {
      if (queue[0]?.mayRepeat) return giveOn(connection);
      answered.push(connection);
      if (!isTurning) setImmediate(turn);
      isTurning = true;
    },
    onClosed(connection: Connection) {
      open.delete(connection);
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      const next = isDestroyed ? undefined : nextInQueue();
      if (next) sendOn(openNew(), next);
    },
    onFailed(flight: InFlight, error: Error, isHeard: boolean) {
      const entry = flight as Entry;
      if (entry.isOver) return;
      if (!entry.mayRepeat || isHeard || isDestroyed || !isConnectionFailure(error)) return fail(entry, error);
      entry.mayRepeat = false;
      start(entry, undefined);
    },
  };

  function start(entry: Entry, kept: Connection | undefined): void {
    if (kept) sendOn(kept, entry);
    else if (open.size < limit) sendOn(openNew(), entry);
    else {
      queue.push(entry);
      entry.connection = undefined;
      entry.waiting = setTimeout(() => {
        queue.splice(queue.indexOf(entry), 1);
        fail(entry, new TimedOut('all connections to the upstream are at work'));
      }, timeout);
    }
  }

  function sendOn(connection: Connection, entry: Entry): void {
    entry.connection = connection;
    connection.send(entry);
  }

  function openNew(): Connection {
    const connection = openConnection(target, owner);
    open.add(connection);
    return connection;
  }

  /** A turn of the loop is over. */
  function turn(): void {
    const settled = settling;
    settling = answered;
    answered = [];
    isTurning = settling.length > 0;
    if (isTurning) setImmediate(turn);
    for (const connection of settled) giveOn(connection);
  }

  function giveOn(connection: Connection): void {
    if (!open.has(connection)) return;
    const next = nextInQueue();
    if (next) sendOn(connection, next);
    else {
      idle.push(connection);
      sweeping ??= setTimeout(sweep, sweepInterval).unref();
    }
  }

  function takeIdle(mayRepeat: boolean): Connection | undefined {
    return (mayRepeat ? (takeFrom(answered) ?? takeFrom(settling)) : undefined) ?? takeFrom(idle);
  }

  function takeFrom(list: Connection[]): Connection | undefined {
    for (let last = list.pop(); last; last = list.pop()) {
      if (last.isFresh()) return last;
      last.destroy();
    }
    return undefined;
  }

  function nextInQueue(): Entry | undefined {
    const next = queue.shift();
    clearTimeout(next?.waiting);
    return next;
  }

  function fail(entry: Entry, error: Error): void {
    if (entry.isOver) return;
    giveUp(entry);
    entry.handler.onError(error);
  }

  function giveUp(entry: Entry): void {
    entry.isOver = true;
    // Also one that was never sent: whoever makes it must not wait for somebody to read it.
    if (entry.body instanceof Readable) entry.body.on('error', () => undefined).destroy();
  }

  function sweep(): void {
    sweeping = undefined;
    for (const connection of idle.filter((one) => !one.isFresh())) connection.destroy();
    if (idle.length > 0) sweeping = setTimeout(sweep, sweepInterval).unref();
  }

  return {
    dispatch({ path, headers, body, mayRepeat }, handler) {
      const entry: Entry = {
        head: `POST ${path}${prefix}${fieldLines(headers)}`,
        body,
        handler,
        connection: undefined,
        waiting: undefined,
        mayRepeat,
        isOver: false,
      };
      if (isDestroyed) process.nextTick(fail, entry, new ConnectionClosed(shut));
      else start(entry, takeIdle(mayRepeat));
      return entry;
    },
    abort(flight) {
      const entry = flight as Entry;
      if (entry.isOver) return;
      giveUp(entry);
      if (entry.connection) return entry.connection.destroy();
      clearTimeout(entry.waiting);
      queue.splice(queue.indexOf(entry), 1);
    },
    resume(flight) {
      if (!flight.isOver) (flight as Entry).connection?.resume();
    },
    destroy() {
      isDestroyed = true;
      clearTimeout(sweeping);
      for (let next = nextInQueue(); next; next = nextInQueue()) fail(next, new ConnectionClosed(shut));
      for (const connection of [...open]) connection.destroy(new ConnectionClosed(shut));
    },
  };
}
