import pg from 'pg';
import { withoutNul } from '../../lib/without-nul.js';
import type { Target } from './target.js';

/** An SQL statement that each connection prepares once, under its name. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

// biome-ignore lint/suspicious/noExplicitAny: each statement has its own columns; rows.ts and the verbs name them
export type Row = Record<string, any>;

export interface Result {
  readonly rows: readonly Row[];
  readonly rowCount: number;
}

export interface Connection {
  /** Sends it at once, behind what was sent before; the answers come in the same order. Rejects with the driver's error. */
  query(statement: Statement, values: readonly unknown[]): Promise<Result>;
  /** Statements without parameters, not prepared. */
  run(sql: string): Promise<Result>;
  onNotification(listener: () => void): void;
  /** Says goodbye, or hangs up if nobody listens. Nothing may be under way. */
  end(): Promise<void>;
}

export interface Patience {
  /** Milliseconds for connecting, and for a statement, which the server then ends. */
  readonly timeout: number;
  /** Whether a statement may take as long as it takes. */
  readonly isUnbounded?: boolean;
}

/** What the client waits beyond the server's own limit, in milliseconds: the server's error says more. */
const grace = 500;

/**
 * No lock of ours is held for longer than a few round trips. A row that an operator holds in psql fails who wants it,
 * and must not for long hold up the many others behind them on a connection.
 */
const lockTimeout = 500;

/** The type number of BIGINT. All of ours are below 2^53. */
const bigint = 20;

/** For this client only: a global parser would be one for the whole process. */
const types = {
  getTypeParser: ((oid: number, format?: 'text') =>
    oid === bigint ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/**
 * Connects, and makes sure that the database can write. `onLoss` is called once when the connection breaks later by
 * itself. Rejects with the driver's error.
 */
export async function openConnection(
  target: Target,
  { timeout, isUnbounded = false }: Patience,
  onLoss: (error: Error) => void,
): Promise<Connection> {
  const { name: _, ...where } = target;
  const client = new pg.Client({
    ...where,
    // Statements are sent without waiting for the answers before: measured 14,300 refreshes a second instead of 10,000.
    pipeline: true,
    types,
    application_name: 'latchkey',
    connectionTimeoutMillis: timeout,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  } as pg.ClientConfig);

  let isOpen = false;
  let underWay = 0;
  const hangUp = (error: Error) => client.connection.stream.destroy(error);
  // A server that froze, or a network that was cut, says nothing at all. Answers come in order: if none comes for so
  // long, none will.
  const limit = timeout + grace;
  const guard = setTimeout(() => {
    if (underWay > 0 && !isUnbounded) hangUp(silence(limit));
  }, limit).unref();
  const lose = (error: Error) => {
    clearTimeout(guard);
    if (isOpen) onLoss(error);
    isOpen = false;
  };
  client.on('error', lose);
  client.on('end', () => lose(new Error('the connection ended')));

  function ask(query: pg.QueryConfig): Promise<Result> {
    if (underWay++ === 0) guard.refresh();
    return new Promise((resolve, reject) => {
      client.query(query, (error: Error | null, result) => {
        underWay--;
        if (isOpen) guard.refresh();
        if (error) reject(error);
        else resolve(result as unknown as Result);
      });
    });
  }

  const run = (text: string) => ask({ text });
  try {
    await client.connect();
    isOpen = true;
    await prepareSession(run, isUnbounded ? 0 : timeout);
  } catch (error) {
    isOpen = false;
    clearTimeout(guard);
    hangUp(error as Error);
    throw error;
  }
  return {
    query: ({ name, text }, values) => ask({ name, text, values: values.map(bindable) }),
    run,
    onNotification: (listener) => void client.on('notification', listener),
    async end() {
      isOpen = false;
      clearTimeout(guard);
      const patience = setTimeout(() => client.connection.stream.destroy(), 1_000);
      await client.end();
      clearTimeout(patience);
    },
  };
}

/** A NUL is an error there: a name with one in it would look like a database that fails. */
const bindable = (value: unknown) => (typeof value === 'string' ? withoutNul(value) : value);

/** With the code that the kernel has for it. */
function silence(milliseconds: number): Error {
  return Object.assign(new Error(`the database has not answered for ${milliseconds} ms`), { code: 'ETIMEDOUT' });
}

/**
 * Set after connecting, not while: PgBouncer refuses a connection that asks for these in its startup packet. An
 * operator who turned off waiting for the disk for the whole server did not mean sessions that were revoked.
 */
async function prepareSession(run: Connection['run'], statementTimeout: number): Promise<void> {
  const results = (await run(
    `SET statement_timeout = ${statementTimeout};
     SET lock_timeout = ${Math.min(lockTimeout, statementTimeout || lockTimeout)};
     SET idle_in_transaction_session_timeout = ${statementTimeout};
     SET default_transaction_isolation = 'read committed';
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
     ${canWrite}`,
  )) as unknown as readonly Result[];
  assertCanWrite(results.at(-1));
}

const canWrite = `SELECT pg_is_in_recovery() AS "isReplica", current_setting('transaction_read_only') = 'on' AS "isReadOnly"`;

/** Throws where the database cannot write at this moment, with the code that a write would get. */
function assertCanWrite(result: Result | undefined): void {
  const { isReplica, isReadOnly } = result?.rows[0] ?? {};
  if (!isReplica && !isReadOnly) return;
  const message = isReplica ? 'the server is a replica' : 'the database is set to read only';
  throw Object.assign(new Error(message), { code: '25006' });
}
