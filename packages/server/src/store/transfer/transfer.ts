import { StoreUnusableError } from '../store.js';
import type { Marker } from './marker.js';
import { keyColumns, type Table, tables } from './tables.js';

/** The values of the columns of a table's key. */
export type Key = readonly (string | number)[];
export type Row = Readonly<Record<string, unknown>>;

/** A store as it is at one moment. */
export interface TransferSource {
  /** Says which store it is, for the operator and for a run that goes on. */
  readonly name: string;
  /** Differs where anything that is copied has changed. */
  readonly fingerprint: string;
  count(table: Table): number;
  /** The rows after the key, in its order. */
  read(table: Table, after: Key | undefined, limit: number): readonly Row[];
  /** The fingerprint of what the store holds by now. Ends the look at the moment: nothing can be read afterwards. */
  fingerprintNow(): string;
  close(): void;
}

export interface TransferDestination {
  findMarker(): Promise<Marker | undefined>;
  /** Rejects with StoreUnusableError where there is a row by now. */
  setMarker(marker: Marker): Promise<void>;
  /** Rows of the table, without the marker. */
  count(table: Table): Promise<number>;
  lastKey(table: Table): Promise<Key | undefined>;
  /** All of the rows or none. */
  write(table: Table, rows: readonly Row[]): Promise<void>;
  /** Removes the rows of all tables. */
  clear(): Promise<void>;
  /** Lets the database count on from what was copied and removes the marker, in one step. */
  finish(): Promise<void>;
  close(): Promise<void>;
}

export interface TransferOptions {
  onProgress(rows: { readonly done: number; readonly total: number }): void;
  readonly signal?: AbortSignal;
}

/** What was copied, by table. */
export type TransferSummary = Readonly<Record<string, number>>;

/** A commit for so many rows: a run that is cut off loses no more than that. */
const batch = 5_000;

/**
 * Copies everything to a destination that is empty, or that an earlier run from the same store left half done: then it
 * goes on where that was. Rejects with StoreUnusableError where the destination holds something else, where the source
 * changed meanwhile, and where the counts differ in the end; the destination is then marked as half done.
 */
export async function transfer(
  source: TransferSource,
  destination: TransferDestination,
  options: TransferOptions,
): Promise<TransferSummary> {
  await begin(source, destination);
  await copy(source, destination, options);
  const summary = await verify(source, destination);
  if (source.fingerprintNow() !== source.fingerprint) throw new StoreUnusableError(changedMeanwhile);
  await destination.finish();
  return summary;
}

const changedMeanwhile =
  'The store changed while it was copied, so the copy is not used; stop the server that works on it, and run the same command again.';

async function begin(source: TransferSource, destination: TransferDestination): Promise<void> {
  const marker = await destination.findMarker();
  if (marker && marker.source !== source.name) {
    throw new StoreUnusableError(
      `The database holds the half of a migration from ${marker.source}; run that again, or name an empty database.`,
    );
  }
  if (!marker && !(await isEmpty(destination))) {
    throw new StoreUnusableError(notEmpty);
  }
  if (marker?.fingerprint === source.fingerprint) return;
  // What was copied then may not be true any more. Nobody has used it: no server starts on it.
  if (marker) await destination.clear();
  await destination.setMarker({ source: source.name, fingerprint: source.fingerprint });
}

export const notEmpty = 'The database to migrate to is not empty; make another one and name that.';

async function isEmpty(destination: TransferDestination): Promise<boolean> {
  for (const table of tables) if ((await destination.count(table)) > 0) return false;
  return true;
}

async function copy(
  source: TransferSource,
  destination: TransferDestination,
  { onProgress, signal }: TransferOptions,
): Promise<void> {
  const total = tables.reduce((sum, table) => sum + source.count(table), 0);
  let done = 0;
  for (const table of tables) {
    let after = await destination.lastKey(table);
    if (after !== undefined) done += await destination.count(table);
    let writing: Promise<void> = Promise.resolve();
    for (;;) {
      // Read while the database writes the rows before; but written one after the other: a batch that fails must leave
      // no gap behind it, for the last key is where the next run goes on.
      const rows = source.read(table, after, batch);
      await writing;
      if (signal?.aborted) throw new StoreUnusableError(interrupted);
      if (rows.length === 0) break;
      writing = destination.write(table, rows);
      // It is awaited in the next round; a failure before that is no unhandled one.
      writing.catch(() => undefined);
      const last = rows.at(-1);
      after = keyColumns(table).map((column) => last?.[column] as Key[number]);
      done += rows.length;
      onProgress({ done, total });
    }
  }
}

const interrupted = 'Interrupted. Run the same command again, and it goes on where it was.';

async function verify(source: TransferSource, destination: TransferDestination): Promise<TransferSummary> {
  const summary: Record<string, number> = {};
  for (const table of tables) {
    const [from, to] = [source.count(table), await destination.count(table)];
    if (from !== to) {
      throw new StoreUnusableError(
        `The copy differs: ${from} rows in ${table.name} were ${to} after copying. Empty the database and run the same command again.`,
      );
    }
    summary[table.name] = to;
  }
  return summary;
}
