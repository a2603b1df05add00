import pg from 'pg';
import { addUser } from '../lib/latchkey.mjs';
import { secret } from './population.mjs';
import { serverMegabytes, startPostgres } from './postgres-server.mjs';
import { progressBar, withSignOfLife } from './progress.mjs';

/** Rows to a statement. */
const batch = 10_000;

/** A PostgreSQL server of its own in a directory, and Latchkey's store in it. */
export async function postgresStore(directory) {
  const server = await startPostgres(directory);
  const flags = [];
  const env = { LATCHKEY_DATABASE: server.url, LATCHKEY_SECRET: secret };
  return {
    flags,
    env,
    url: server.url,
    create: async () => addUser(flags, env),
    fill: (people) => withClient(server.url, (client) => fill(client, people)),
    bytes: () => withClient(server.url, sizeOf),
    memory: () => serverMegabytes(server.pid),
    stop: server.stop,
  };
}

async function withClient(url, work) {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function fill(client, people) {
  // A crash while it loads costs the load only.
  await client.query("SET synchronous_commit = off; SET maintenance_work_mem = '256MB'");
  const { drop, make } = await findWhatSlowsLoading(client);
  for (const statement of drop) await client.query(statement);
  await insertUsers(client, people);
  await insertSessions(client, people);
  await withSignOfLife('indexes', async () => {
    for (const statement of make) await client.query(statement);
  });
  await withSignOfLife('VACUUM ANALYZE', () => client.query('VACUUM (FREEZE, ANALYZE)'));
  await withSignOfLife('CHECKPOINT', () => client.query('CHECKPOINT'));
}

/** The index and the foreign key of the sessions, as the migrations made them. */
async function findWhatSlowsLoading(client) {
  const { rows: keys } = await client.query(
    `SELECT conname AS name, pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE conrelid = 'sessions'::regclass AND contype = 'f'`,
  );
  const { rows: indexes } = await client.query(
    `SELECT indexname AS name, indexdef AS definition FROM pg_indexes
     WHERE tablename = 'sessions' AND indexname NOT IN (SELECT conname FROM pg_constraint)`,
  );
  return {
    drop: [
      ...keys.map(({ name }) => `ALTER TABLE sessions DROP CONSTRAINT ${name}`),
      ...indexes.map(({ name }) => `DROP INDEX ${name}`),
    ],
    make: [
      ...indexes.map(({ definition }) => definition),
      ...keys.map(({ name, definition }) => `ALTER TABLE sessions ADD CONSTRAINT ${name} ${definition}`),
    ],
  };
}

async function insertUsers(client, { users, user }) {
  const { rows } = await client.query('SELECT password_hash AS hash FROM users');
  const text = `INSERT INTO users (id, user_name, password_hash, scope, created_at)
    SELECT id, name, $1, 'companies:read', at FROM unnest($2::TEXT[], $3::TEXT[], $4::BIGINT[]) AS row (id, name, at)`;
  await inBatches(client, 'users', users, text, [rows[0].hash], (i) => {
    const { id, userName, createdAt } = user(i);
    return [id, userName, createdAt];
  });
}

function insertSessions(client, { sessions, session, user, ownerOf }) {
  const text = `INSERT INTO sessions
      (id, user_id, generation, created_at, rotated_at, idle_expires_at, expires_at, source, user_agent)
    SELECT id, owner, 0, at, at, idle, ends, source, agent
    FROM unnest($1::TEXT[], $2::TEXT[], $3::BIGINT[], $4::BIGINT[], $5::BIGINT[], $6::TEXT[], $7::TEXT[])
      AS row (id, owner, at, idle, ends, source, agent)`;
  return inBatches(client, 'sessions', sessions, text, [], (i) => {
    const { id, createdAt, idleExpiresAt, expiresAt, source, userAgent } = session(i);
    return [id, user(ownerOf(i)).id, createdAt, idleExpiresAt, expiresAt, source, userAgent];
  });
}

/** Sends the columns of many rows at a time, and makes the next ones while the server inserts. */
async function inBatches(client, label, count, text, values, rowOf) {
  const show = progressBar(label, count);
  let underWay;
  for (let done = 0; done < count; ) {
    const end = Math.min(count, done + batch);
    const columns = columnsOf(done, end, rowOf);
    await underWay;
    underWay = client.query({ name: label, text, values: [...values, ...columns] });
    done = end;
    show(done);
  }
  await underWay;
}

function columnsOf(from, to, rowOf) {
  const columns = rowOf(from).map(() => new Array(to - from));
  for (let i = from; i < to; i++) {
    for (const [column, value] of rowOf(i).entries()) columns[column][i - from] = value;
  }
  // Nothing in here needs to be escaped in an array of PostgreSQL's but the quotes around each text.
  return columns.map((column) => `{${column.map((value) => `"${value}"`).join()}}`);
}

/** Tables, indexes and all; not the log, whose size is a matter of the server's settings. */
async function sizeOf(client) {
  const { rows } = await client.query('SELECT pg_database_size(current_database()) AS bytes');
  return Number(rows[0].bytes);
}
