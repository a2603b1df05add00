import type { Log } from '../../lib/log.js';
import { type Store, StoreUnusableError } from '../store.js';
import { createChanges } from './changes.js';
import { type Connection, openConnection } from './connection.js';
import { createConnections } from './connections.js';
import { createHousekeeping } from './housekeeping.js';
import { createSigningKeys } from './keys.js';
import { createListener } from './listen.js';
import { migrate } from './migrate.js';
import { createPing } from './ping.js';
import { createSessions } from './sessions.js';
import { readTarget, type Target } from './target.js';
import type { TlsSettings } from './tls.js';
import { unusable } from './unusable.js';
import { createUsage } from './usage.js';
import { createUsers } from './users.js';

export interface PostgresSettings extends TlsSettings {
  readonly url: string;
  /** Connections for queries. Beside them are at most three: two for transactions, and one that listens. */
  readonly poolSize: number;
  /** Milliseconds for connecting and for a statement. */
  readonly timeout: number;
  readonly log?: Log | undefined;
}

/** Statements under way on one connection at once: enough to keep it busy, few enough that none waits long. */
const share = 64;

const transactionConnections = 2;

/** Milliseconds. */
const heartbeat = 10_000;

/** The oldest that is tested against, as server_version_num; it also has everything that is used here. */
const oldestServer = 140_000;

/**
 * Opens the store in a PostgreSQL database, which any number of nodes may share. Rejects with StoreUnusableError where
 * the database cannot be reached now, or is not one that can be used.
 */
export async function openPostgresStore(settings: PostgresSettings): Promise<Store> {
  const { url, poolSize, timeout, log } = settings;
  const target = readTarget(url, settings);
  await prepare(target, timeout);

  const open = (onLoss: (error: Error) => void) => openConnection(target, { timeout }, onLoss);
  const connections = createConnections({ open, size: poolSize, share, timeout });
  const transactions = createConnections({ open, size: transactionConnections, share: 1, timeout });
  const listener = createListener({ open, heartbeat, log });

  return {
    ...createUsers(connections, transactions),
    ...createSessions(connections),
    ...createChanges(connections),
    ...createSigningKeys(connections),
    ...createHousekeeping(connections),
    ...createUsage(connections),
    ping: createPing(connections),
    watchChanges: listener.watchChanges,
    async close() {
      await Promise.all([connections.close(), transactions.close(), listener.close()]);
    },
  };
}

/** On a connection of its own: making an index on a large table may take longer than any query should. */
async function prepare(target: Target, timeout: number): Promise<void> {
  let connection: Connection | undefined;
  try {
    connection = await openConnection(target, { timeout, isUnbounded: true }, () => undefined);
    await checkServer(connection, target);
    await migrate(connection, target.name);
  } catch (error) {
    throw unusable(target, error);
  } finally {
    await connection?.end();
  }
}

async function checkServer(connection: Connection, { name }: Target): Promise<void> {
  const { rows } = await connection.run(
    `SELECT current_setting('server_version_num')::INTEGER AS number, current_setting('server_version') AS version`,
  );
  if (rows[0]?.number >= oldestServer) return;
  throw new StoreUnusableError(
    `The server of the database ${name} is PostgreSQL ${rows[0]?.version}; Latchkey needs 14 or later.`,
  );
}
