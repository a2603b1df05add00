import { readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { addUser } from '../lib/latchkey.mjs';
import { secret } from './population.mjs';
import { progressBar, withSignOfLife } from './progress.mjs';

/** Rows between two turns of the loop, in which Ctrl-C is heard. */
const batch = 20_000;

/** The embedded store in a directory, made with the one user of the bench if it is not there. */
export function sqliteStore(directory) {
  const flags = ['--data', directory];
  const env = { LATCHKEY_SECRET: secret };
  return {
    flags,
    env,
    directory,
    create: async () => addUser(flags, env),
    fill: (people) => fill(directory, people),
    bytes: async () => sizeOf(directory),
    // It has no process of its own.
    memory: () => undefined,
    stop: async () => undefined,
  };
}

/** The store's file, by the same library that Latchkey has. */
export function openFile(directory) {
  const require = createRequire(new URL('../../packages/server/package.json', import.meta.url));
  const { DatabaseSync } = require('@photostructure/sqlite');
  return new DatabaseSync(join(directory, 'latchkey.db'));
}

async function fill(directory, people) {
  const db = openFile(directory);
  // A crash while it loads costs the load only.
  db.exec(
    'PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; PRAGMA foreign_keys = OFF',
  );
  const indexes = db
    .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'sessions' AND sql IS NOT NULL")
    .all();
  for (const { name } of indexes) db.exec(`DROP INDEX ${name}`);
  await insertUsers(db, people);
  await insertSessions(db, people);
  await withSignOfLife('indexes', async () => {
    for (const { sql } of indexes) {
      db.exec(sql);
      await turn();
    }
  });
  db.exec('PRAGMA journal_mode = WAL');
  db.close();
}

function insertUsers(db, { users, user }) {
  const { password_hash: hash } = db.prepare('SELECT password_hash FROM users').get();
  const insert = db.prepare(
    "INSERT INTO users (id, user_name, password_hash, scope, created_at) VALUES (?, ?, ?, 'companies:read', ?)",
  );
  return inBatches(db, 'users', users, (i) => {
    const { id, userName, createdAt } = user(i);
    insert.run(id, userName, hash, createdAt);
  });
}

function insertSessions(db, { sessions, session, user, ownerOf }) {
  const insert = db.prepare(
    `INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, idle_expires_at, expires_at, source, user_agent)
     VALUES (?1, ?2, 0, ?3, ?3, ?4, ?5, ?6, ?7)`,
  );
  return inBatches(db, 'sessions', sessions, (i) => {
    const { id, createdAt, idleExpiresAt, expiresAt, source, userAgent } = session(i);
    insert.run(id, user(ownerOf(i)).id, createdAt, idleExpiresAt, expiresAt, source, userAgent);
  });
}

async function inBatches(db, label, count, insert) {
  const show = progressBar(label, count);
  for (let done = 0; done < count; ) {
    const end = Math.min(count, done + batch);
    db.exec('BEGIN');
    for (; done < end; done++) insert(done);
    db.exec('COMMIT');
    show(done);
    await turn();
  }
}

function sizeOf(directory) {
  const files = readdirSync(directory).filter((name) => name.startsWith('latchkey.db'));
  return files.reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
}
