// The bare rate of Latchkey's refresh statement on PostgreSQL: as many pipelined connections as a node keeps, as many
// statements under way as the load has requests, and nothing else: no HTTP, no GraphQL, no signature.
// usage: bare-update.mjs URL CONNECTIONS CONCURRENCY SESSION_IDS [DRIVER]
// DRIVER is pipelined (node-postgres as Latchkey uses it), pool (node-postgres as most use it) or postgres (postgres.js).
import pg from 'pg';
import postgres from 'postgres';
import { announceRate } from '../lib/contestant.mjs';
import { rateOf } from '../lib/rate-of.mjs';

const [url, connections, concurrency, ids, driver = 'pipelined'] = process.argv.slice(2);
const idleLifetime = 30 * 24 * 3_600_000;

// As in packages/server/src/store/postgres/sessions.ts.
const rotate = {
  name: 'rotate',
  text: `UPDATE sessions
    SET generation = generation + 1, rotated_at = $2, idle_expires_at = least($3, sessions.expires_at)
    FROM users
    WHERE sessions.id = $1 AND generation = $4 AND revoked_at IS NULL AND idle_expires_at > $2 AND expires_at > $2
      AND users.id = sessions.user_id AND disabled_at IS NULL
    RETURNING user_id AS "userId", scope`,
};

const drivers = {
  async pipelined() {
    const open = () => new pg.Client({ connectionString: url, pipeline: true });
    const clients = Array.from({ length: Number(connections) }, open);
    await Promise.all(clients.map((client) => client.connect()));
    let turn = 0;
    return async (values) => (await clients[turn++ % clients.length].query({ ...rotate, values })).rowCount;
  },
  pool() {
    const pool = new pg.Pool({ connectionString: url, max: Number(connections) });
    return async (values) => (await pool.query({ ...rotate, values })).rowCount;
  },
  postgres() {
    const sql = postgres(url, { max: Number(connections) });
    return async (values) => (await sql.unsafe(rotate.text, values, { prepare: true })).count;
  },
};

const ask = await drivers[driver]();
const queue = ids.split(',').map((id) => ({ id, generation: 0 }));
async function refreshNext() {
  const session = queue.shift();
  const now = Date.now();
  const count = await ask([session.id, now, now + idleLifetime, session.generation]);
  if (count !== 1) throw new Error(`session ${session.id} was not at generation ${session.generation}`);
  session.generation++;
  queue.push(session);
}

announceRate((seconds) => rateOf(refreshNext, Number(concurrency), seconds));
