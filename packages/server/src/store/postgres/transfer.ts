import { StoreUnusableError } from '../store.js';
import { type Marker, markerName } from '../transfer/marker.js';
import { keyColumns, type Table, tables } from '../transfer/tables.js';
import { type Key, notEmpty, type Row, type TransferDestination } from '../transfer/transfer.js';
import { type Connection, openConnection } from './connection.js';
import { openPostgresStore, type PostgresSettings } from './open.js';
import { readTarget } from './target.js';
import { inTransaction } from './transaction.js';
import { unusable } from './unusable.js';

/** Any number that no other program is likely to use. */
const lock = 7_262_810_554_114;

/** Opens a database to copy a store into it, making its tables. Rejects with StoreUnusableError. */
export async function openPostgresDestination(
  settings: Omit<PostgresSettings, 'poolSize'>,
): Promise<TransferDestination> {
  const target = readTarget(settings.url, settings);
  // It checks the server and makes the tables, and says what is wrong.
  await (await openPostgresStore({ ...settings, poolSize: 1 })).close();
  const connection = await connect(target, settings.timeout);
  const attempt = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw unusable(target, error, 'when that is mended, run the same command again, and it goes on where it was');
    }
  };
  const writes = new Map(tables.map((table) => [table, prepareWrite(table)]));
  const ask = (text: string, values: readonly unknown[] = []) =>
    attempt(() => connection.query({ name: '', text }, values));

  return {
    async findMarker() {
      const { rows } = await ask('SELECT value FROM agreements WHERE name = $1', [markerName]);
      return rows[0] && (JSON.parse(rows[0].value) as Marker);
    },
    // In one step: without the marker nothing would tell that the foreign key has to be put back.
    setMarker: (marker) =>
      attempt(() =>
        inTransaction(connection, async () => {
          await assertEmpty(connection);
          await connection.run(`ALTER TABLE sessions DROP CONSTRAINT IF EXISTS ${foreignKey}`);
          await connection.query(setMarker, [markerName, JSON.stringify(marker)]);
        }),
      ),
    count: async (table) => (await ask(`SELECT count(*) AS n FROM ${table.name}${butMarker(table)}`)).rows[0]?.n,
    async lastKey(table) {
      const columns = keyColumns(table);
      const backwards = columns.map((column) => `${column} DESC`).join(', ');
      const { rows } = await ask(
        `SELECT ${table.key} FROM ${table.name}${butMarker(table)} ORDER BY ${backwards} LIMIT 1`,
      );
      return rows[0] && columns.map((column) => rows[0]?.[column] as Key[number]);
    },
    write: (table, rows) => attempt(async () => void (await connection.query(...(writes.get(table) as Write)(rows)))),
    clear: () =>
      attempt(() =>
        inTransaction(connection, async () => {
          for (const table of tables.toReversed()) {
            await connection.run(`DELETE FROM ${table.name}${butMarker(table)}`);
          }
        }),
      ),
    finish: () => attempt(() => finish(connection)),
    close: () => connection.end(),
  };
}

async function connect(target: ReturnType<typeof readTarget>, timeout: number): Promise<Connection> {
  let connection: Connection | undefined;
  try {
    connection = await openConnection(target, { timeout, isUnbounded: true }, () => undefined);
    // Batches that a crash of the database takes away are copied again; the last commit waits for the disk.
    await connection.run('SET synchronous_commit = off');
    const { rows } = await connection.run(`SELECT pg_try_advisory_lock(${lock}) AS "isFree"`);
    if (rows[0]?.isFree) return connection;
    throw new StoreUnusableError(`Another latchkey migrate is copying to the database ${target.name}; let it finish.`);
  } catch (error) {
    await connection?.end();
    throw unusable(target, error);
  }
}

/**
 * Of all tables at one moment, in which nobody can write to any: a node that started since they were counted has put
 * something into one of them, and a node that starts later finds the marker.
 */
async function assertEmpty(connection: Connection): Promise<void> {
  await connection.run(`LOCK TABLE ${tables.map(({ name }) => name).join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
  const parts = tables.map((table) => `EXISTS (SELECT 1 FROM ${table.name}${butMarker(table)})`);
  const { rows } = await connection.run(`SELECT ${parts.join(' OR ')} AS "isUsed"`);
  if (rows[0]?.isUsed) throw new StoreUnusableError(notEmpty);
}

/** Checked once for all in the end: a look-up for each session takes as long as all the rest, 5.8 µs of 11 measured. */
const foreignKey = 'sessions_user_id_fkey';

const setMarker = {
  name: '',
  text: 'INSERT INTO agreements (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value',
};

const butMarker = ({ name }: Table) => (name === 'agreements' ? ` WHERE name <> '${markerName}'` : '');

type Write = (rows: readonly Row[]) => [{ readonly name: string; readonly text: string }, readonly unknown[]];

/** A column is one array: one statement for each batch, whatever its size. */
function prepareWrite({ name, columns }: Table): Write {
  const names = Object.keys(columns);
  const list = names.join(', ');
  const arrays = Object.values(columns).map((type, i) => `$${i + 1}::${type}[]`);
  const text = `INSERT INTO ${name} (${list}) OVERRIDING SYSTEM VALUE SELECT * FROM unnest(${arrays.join(', ')})`;
  return (rows) => [
    { name: `latchkey_copy_${name}`, text },
    names.map((column) => rows.map((row) => toPostgres(row[column]))),
  ];
}

function toPostgres(value: unknown): unknown {
  // PostgreSQL keeps no NUL in a text.
  if (typeof value === 'string') return value.includes('\0') ? value.replaceAll('\0', '\ufffd') : value;
  return value instanceof Uint8Array ? Buffer.from(value) : value;
}

async function finish(connection: Connection): Promise<void> {
  await connection.run('SET synchronous_commit = on');
  await inTransaction(connection, async () => {
    for (const { name, key, isCounted } of tables) {
      if (!isCounted) continue;
      await connection.run(
        `SELECT setval(pg_get_serial_sequence('${name}', '${key}'), greatest(max(${key}), 1), max(${key}) IS NOT NULL) FROM ${name}`,
      );
    }
    await connection.run(
      `ALTER TABLE sessions DROP CONSTRAINT IF EXISTS ${foreignKey},
         ADD CONSTRAINT ${foreignKey} FOREIGN KEY (user_id) REFERENCES users (id)`,
    );
    await connection.run(`DELETE FROM agreements WHERE name = '${markerName}'`);
  });
  // Without them the first look-ups would read whole tables.
  for (const { name } of tables) await connection.run(`ANALYZE ${name}`);
}
