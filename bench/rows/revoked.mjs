import * as latchkey from '../lib/latchkey.mjs';
import { inShortRounds } from '../lib/measure.mjs';
import { viewer, viewerQuery } from '../lib/sample.mjs';
import { startUpstream } from '../lib/start.mjs';
import { openFile } from '../stores/sqlite.mjs';

const none = 'Latchkey, no revoked session';
const many = 'Latchkey, 100,000 revoked sessions';
const revokedSessions = 100_000;
const connections = 64;

/** @type {import('../lib/row.mjs').Row} What it costs that a revoked session's access token is refused at once. */
export const row = {
  name: 'revoked',
  title: '`viewer` beside revoked sessions',
  connections,
  // A few hundredths count here.
  planOf: (plan) => inShortRounds(plan, 10),
  async contestants({ load, withLatchkey }) {
    if (!withLatchkey) throw new Error('it measures nothing but Latchkey, which is not built');
    const { url } = await startUpstream();
    const full = latchkey.dataDirectory();
    revoke(full, revokedSessions);
    return [await contestant(none, latchkey.dataDirectory(), 0), await contestant(many, full, revokedSessions)];

    async function contestant(name, data, count) {
      const child = await latchkey.startLatchkey(url, data);
      await mustKnow(child, count);
      const requests = (await latchkey.manyTokens(child, 1000)).map((token) =>
        latchkey.operation(viewerQuery, undefined, token),
      );
      const job = { port: child.port, connections, requests, expect: viewer.userName };
      return { name, child, run: (seconds) => load({ ...job, seconds }) };
    }
  },
  targets: [{ ours: many, of: [none], atLeast: 0.97 }],
};

/** Records that so many sessions ended just now, which is what a node reads when it starts. */
function revoke(data, count) {
  const db = openFile(data);
  const insert = db.prepare('INSERT INTO changes (at, session_id) VALUES (?, ?)');
  const now = Date.now();
  db.exec('BEGIN');
  for (let i = 0; i < count; i++) insert.run(now, `${i}`.padStart(21, 'r').concat('A'));
  db.exec('COMMIT');
  db.close();
}

async function mustKnow(child, count) {
  const text = await (await fetch(`http://127.0.0.1:${child.port}/metrics`)).text();
  const known = Number(/^latchkey_revoked_sessions (\d+)/m.exec(text)?.[1]);
  if (known !== count) throw new Error(`Latchkey keeps ${known} revoked sessions in memory, not ${count}`);
}
