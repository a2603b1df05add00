import type { Domain } from '../../domain/domain.js';
import { LatchkeyError } from '../../domain/errors.js';
import type { Claims } from '../../domain/tokens/access-tokens.js';
import { findEndedSessions, findTokenEnd } from '../../domain/tokens/token-end.js';

/** A connection that stays open: a WebSocket, or a request that is answered with events. */
export interface Connection {
  /** Whose it is, as soon as that is known. */
  readonly claims: Claims | undefined;
  readonly token: string | undefined;
  /** Its token is good no more. */
  end(error: LatchkeyError): void;
  /** The server is stopping: what has one answer may still be answered, within `timeout` milliseconds. */
  goAway(timeout: number): void;
}

/** A place among the connections that are open. */
export interface Seat {
  /** Counts the connection for somebody else. Throws TOO_MANY_CONNECTIONS. */
  moveTo(caller: string): void;
  /** Counts an operation until the returned function is called. Throws TOO_MANY_SUBSCRIPTIONS or GOING_AWAY. */
  begin(): () => void;
  leave(): void;
}

/** Every connection that is open on this node. */
export interface Live {
  /** Throws what `enter` would. */
  assertRoom(caller: string): void;
  /** Throws TOO_MANY_CONNECTIONS or GOING_AWAY. */
  enter(connection: Connection, caller: string): Seat;
  readonly connections: number;
  readonly operations: number;
  /** Lets nobody in any more, and resolves when the last has left: after `timeout` milliseconds and a moment at the latest. */
  stop(timeout: number): Promise<void>;
}

export interface LiveSettings {
  readonly connectionsPerCaller: number;
  readonly subscriptionsPerCaller: number;
}

/** Milliseconds between two looks at the tokens of all that is open: a stream ends well within a second of its token. */
const sweepInterval = 200;

/** Seconds after which it is worth another try: something has ended, or another node answers. */
const retryAfter = 1;

interface Counts {
  connections: number;
  operations: number;
}

export function createLive(domain: Domain, settings: LiveSettings): Live {
  const open = new Set<Connection>();
  const callers = new Map<string, Counts>();
  const sweep = createSweep(domain, open);
  let operations = 0;
  let timer: NodeJS.Timeout | undefined;
  let left: (() => void) | undefined;
  let isStopping = false;

  function countsOf(caller: string): Counts {
    let counts = callers.get(caller);
    if (!counts) {
      counts = { connections: 0, operations: 0 };
      callers.set(caller, counts);
    }
    return counts;
  }

  function forget(caller: string, { connections, operations }: Counts): void {
    if (connections === 0 && operations === 0) callers.delete(caller);
  }

  function assertRoom(caller: string): void {
    if (isStopping) throw new LatchkeyError('GOING_AWAY', { retryAfter });
    const count = callers.get(caller)?.connections ?? 0;
    if (count >= settings.connectionsPerCaller) throw new LatchkeyError('TOO_MANY_CONNECTIONS', { retryAfter });
  }

  function take(caller: string): Counts {
    assertRoom(caller);
    const counts = countsOf(caller);
    counts.connections++;
    return counts;
  }

  function giveBack(caller: string, counts: Counts): void {
    counts.connections--;
    forget(caller, counts);
  }

  function begin(caller: string): () => void {
    if (isStopping) throw new LatchkeyError('GOING_AWAY', { retryAfter });
    const counts = countsOf(caller);
    if (counts.operations >= settings.subscriptionsPerCaller)
      throw new LatchkeyError('TOO_MANY_SUBSCRIPTIONS', { retryAfter });
    counts.operations++;
    operations++;
    return () => {
      counts.operations--;
      operations--;
      forget(caller, counts);
    };
  }

  return {
    assertRoom,
    enter(connection, first) {
      let caller = first;
      let counts = take(caller);
      open.add(connection);
      timer ??= setInterval(sweep, sweepInterval).unref();
      return {
        moveTo(next) {
          if (next === caller || !open.has(connection)) return;
          const taken = take(next);
          giveBack(caller, counts);
          caller = next;
          counts = taken;
        },
        begin: () => begin(caller),
        leave() {
          if (!open.delete(connection)) return;
          giveBack(caller, counts);
          if (open.size > 0) return;
          clearInterval(timer);
          timer = undefined;
          left?.();
        },
      };
    },
    get connections() {
      return open.size;
    },
    get operations() {
      return operations;
    },
    async stop(timeout) {
      isStopping = true;
      if (open.size === 0) return;
      const empty = new Promise<void>((resolve) => {
        left = resolve;
      });
      for (const connection of open) connection.goAway(timeout);
      await empty;
    },
  };
}

/** A look at the tokens of all connections: a comparison and a map look-up for each. */
function createSweep(domain: Domain, open: ReadonlySet<Connection>): () => void {
  const { accessTokens, revocations, log } = domain;
  let forgotten = accessTokens.forgotten;
  let isAsking = false;

  /** More sessions have ended than the memory holds: only the store knows them all. */
  async function askStore(): Promise<void> {
    const ids = new Set([...open].flatMap(({ claims }) => claims?.sessionId ?? []));
    const ended = await findEndedSessions(domain, [...ids]);
    for (const connection of open) {
      if (connection.claims && ended.has(connection.claims.sessionId))
        connection.end(new LatchkeyError('TOKEN_REVOKED'));
    }
  }

  /** A signing key may have been dropped, and with it the tokens that it signed. */
  function verifyAgain(): void {
    forgotten = accessTokens.forgotten;
    for (const connection of open) {
      if (!connection.token) continue;
      accessTokens.verify(connection.token).catch((error: unknown) => {
        if (error instanceof LatchkeyError) connection.end(error);
      });
    }
  }

  return () => {
    for (const connection of open) {
      const error = connection.claims && findTokenEnd(domain, connection.claims);
      if (error) connection.end(error);
    }
    if (forgotten !== accessTokens.forgotten) verifyAgain();
    if (isAsking || !revocations.isOverflowing()) return;
    isAsking = true;
    askStore()
      .catch((error: unknown) => log.error({ err: error }, 'the store could not be asked which sessions have ended'))
      .finally(() => {
        isAsking = false;
      });
  };
}
