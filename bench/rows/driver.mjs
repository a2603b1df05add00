import { startRate } from '../lib/start.mjs';
import { prepareStore } from '../stores/prepare.mjs';

const concurrency = 64;
const share = 2_000;
const connections = 10;

const drivers = {
  pipelined: 'node-postgres, pipelined',
  pool: 'node-postgres, its pool',
  postgres: 'postgres.js',
};

/** @type {import('../lib/row.mjs').Row} Why the store talks to PostgreSQL as it does. */
export const row = {
  name: 'driver',
  title: 'The refresh statement on PostgreSQL by driver, ten connections',
  connections: concurrency,
  async contestants({ withLatchkey }) {
    if (!withLatchkey) throw new Error('the store is made by Latchkey, which is not built');
    const store = await prepareStore('postgres', { users: 1_000, sessions: 10_000 });
    const list = [];
    for (const [driver, name] of Object.entries(drivers)) {
      const ids = store
        .take(share)
        .map((i) => store.people.session(i).id)
        .join();
      list.push(await startRate(name, 'bare-update', [store.url, connections, concurrency, ids, driver].map(String)));
    }
    return list;
  },
  targets: [{ ours: drivers.pipelined, of: [drivers.pool, drivers.postgres] }],
};
