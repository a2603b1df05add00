// The bare rate of Latchkey's refresh statement on SQLite: by the same library with the same settings, as many to a
// transaction as the load has requests under way, and nothing else: no HTTP, no GraphQL, no signature.
// usage: bare-group-commit.mjs DIRECTORY BATCH SESSION_IDS
import { announceRate } from '../lib/contestant.mjs';
import { rateOf } from '../lib/rate-of.mjs';
import { openFile } from '../stores/sqlite.mjs';

const [directory, batch, ids] = process.argv.slice(2);
const idleLifetime = 30 * 24 * 3_600_000;

const db = openFile(directory);
// As in packages/server/src/store/sqlite/open.ts.
db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON');
const begin = db.prepare('BEGIN IMMEDIATE');
const commit = db.prepare('COMMIT');
// As in packages/server/src/store/sqlite/sessions.ts.
const rotate = db.prepare(
  `UPDATE sessions SET generation = generation + 1, rotated_at = ?2, idle_expires_at = min(?3, expires_at)
   WHERE id = ?1 AND generation = ?4 AND revoked_at IS NULL AND idle_expires_at > ?2 AND expires_at > ?2
     AND EXISTS (SELECT 1 FROM users WHERE id = user_id AND disabled_at IS NULL)
   RETURNING user_id AS userId, (SELECT scope FROM users WHERE id = user_id) AS scope`,
);

const sessions = ids.split(',').map((id) => ({ id, generation: 0 }));
let turn = 0;

function commitGroup() {
  begin.run();
  for (let i = 0; i < batch; i++) {
    const session = sessions[turn++ % sessions.length];
    const now = Date.now();
    const rotated = rotate.get(session.id, now, now + idleLifetime, session.generation++);
    if (!rotated) throw new Error(`session ${session.id} was at another generation`);
  }
  commit.run();
}

announceRate(async (seconds) => {
  const rate = batch * (await rateOf(commitGroup, 1, seconds));
  // The library closes what nobody holds any more, whatever its statements still do.
  if (!db.isOpen) throw new Error('the database was closed');
  return rate;
});
