import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeDirectory, temporaryDirectory } from '../lib/children.mjs';
import { firstOf, population, spread } from './population.mjs';
import { postgresStore } from './postgres.mjs';
import { readAll } from './read-all.mjs';
import { sqliteStore } from './sqlite.mjs';

const makers = { sqlite: sqliteStore, postgres: postgresStore };

/**
 * A store with so many users and sessions in it, ready to be served.
 * @param {'sqlite' | 'postgres'} kind
 * @param {{ users: number, sessions: number }} size
 * @param {{ keep?: string, need?: number }} [options] `keep`: the directory in which a filled store stays for the next
 *   run; `need`: how many sessions will be taken at most
 */
export async function prepareStore(kind, size, { keep, need = 0 } = {}) {
  const place = keep && join(keep, `${kind}-${size.users}-${size.sessions}`);
  const directory = place ?? temporaryDirectory();
  const marker = join(directory, 'filled.json');
  let used = place && existsSync(marker) ? JSON.parse(readFileSync(marker, 'utf8')).used : undefined;
  // A refresh token is good once, so each run takes other sessions than the runs before.
  const isFilled = used !== undefined && used + Math.min(need, size.sessions) <= size.sessions;
  if (place && !isFilled) rmSync(place, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });

  const store = await makers[kind](directory);
  const people = await population(size);
  if (!isFilled) {
    await store.create();
    if (size.sessions > 0) await store.fill(people);
    used = 0;
  }
  await readAll(directory);
  return {
    ...store,
    people,
    /** The numbers of so many sessions from all over the store; none comes twice, in this run or another. */
    take(count) {
      const from = used;
      used = Math.min(size.sessions, used + count);
      if (place) writeFileSync(marker, JSON.stringify({ used }));
      return firstOf(used - from, spread(size.sessions, from));
    },
    async stop() {
      await store.stop();
      if (!place) removeDirectory(directory);
    },
  };
}
