import * as latchkey from '../lib/latchkey.mjs';
import { startRate, startUpstream } from '../lib/start.mjs';
import { prepareStore } from '../stores/prepare.mjs';

const connections = 64;
const size = { users: 1_000, sessions: 10_000 };

/** Sessions that each contestant refreshes in turn. */
const share = 2_000;

/** What a node keeps by default (--database-pool). */
const pool = 10;

const bareUpdate = 'bare UPDATE … RETURNING on PostgreSQL';
const bareCommit = 'bare group commit on SQLite';
const onSqlite = 'Latchkey on SQLite';
const onPostgres = (nodes) => `Latchkey on PostgreSQL, ${nodes} node${nodes > 1 ? 's' : ''}`;
const nodeCounts = [1, 2, 3];

/** @type {import('../lib/row.mjs').Row} What a refresh costs beyond what the database takes for it. */
export const row = {
  name: 'cost',
  title: '`signInRefresh` and its database',
  connections,
  async contestants({ load, withLatchkey }) {
    if (!withLatchkey) throw new Error('the stores are made by Latchkey, which is not built');
    const { url } = await startUpstream();
    const sqlite = await prepareStore('sqlite', size);
    const bare = await prepareStore('sqlite', size);
    const postgres = await prepareStore('postgres', size);
    const nodes = [];
    for (const _ of nodeCounts) nodes.push(await latchkey.startOn(postgres, url));
    return [
      await startRate(bareCommit, 'bare-group-commit', [bare.directory, String(connections), idsOf(bare)]),
      refreshing(onSqlite, [await latchkey.startOn(sqlite, url)], sqlite),
      await startRate(bareUpdate, 'bare-update', [postgres.url, String(pool), String(connections), idsOf(postgres)]),
      ...nodeCounts.map((count) => refreshing(onPostgres(count), nodes.slice(0, count), postgres)),
    ];

    function refreshing(name, nodes, store) {
      const chain = latchkey.refreshChain(store.take(share).map(store.people.refreshToken));
      const ports = nodes.map(({ port }) => port);
      const run = async (seconds) => {
        const result = await load({ ports, connections, seconds, chain, expect: '"accessToken":"eyJ' });
        chain.tokens = result.tokens;
        return result;
      };
      return { name, child: nodes[0], run };
    }
  },
  targets: [
    { ours: onSqlite, of: [bareCommit] },
    ...nodeCounts.map((count) => ({ ours: onPostgres(count), of: [bareUpdate] })),
    { ours: onPostgres(2), of: [onPostgres(1)] },
    { ours: onPostgres(3), of: [onPostgres(1)] },
  ],
};

const idsOf = (store) =>
  store
    .take(share)
    .map((i) => store.people.session(i).id)
    .join();
