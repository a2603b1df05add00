import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { signOut } from '../e2e/ask.js';
import { type Node, type Nodes, startNodes } from '../nodes/nodes.js';
import { expectDeadByAll, expectRefusedByAll, takeDelays } from '../nodes/refused.js';
import { startOwnPostgres } from '../postgres/database.js';
import type { PostgresServer } from '../postgres/server.js';
import { type Client, count, expectRecovered, newFigures, signInClients, storm } from './client.js';

// In three rounds each kind of fault comes once.
const rounds = Math.max(3, Number(process.env.LATCHKEY_CHAOS_ROUNDS ?? 3));
const sessions = 30;

/** Milliseconds within which a fault begins, and then within which what has ended is started again. */
const soon = 300;

test(`nodes and PostgreSQL are killed and restarted in a refresh storm, ${rounds} times, and nothing is lost`, {
  timeout: 60_000 + rounds * 15_000,
}, async () => {
  const postgres = await startOwnPostgres({ fsync: true });
  // A retry comes when all are up again.
  const nodes = await startNodes({ database: postgres.url, argv: ['--refresh-retry-window', '60s'] });
  const user = await nodes.addUser('ada@example.com');
  let clients = await signInClients(nodes.url, user, sessions);
  const figures = newFigures();
  const faults = { nodesKilled: 0, postgresKilled: 0, postgresRestarted: 0 };

  // Chance may keep a fault or its mending out of a few rounds; then there are more.
  const isTried = () => {
    const { unavailable: _, forks: __, ...others } = figures;
    return Object.values({ ...faults, ...others }).every((times) => times > 0);
  };
  for (let round = 1; round <= rounds || (!isTried() && round <= 3 * rounds); round++) {
    await stormWhile(nodes, clients, () => disturb({ nodes, postgres, faults, round }));
    for (const { refusals } of clients) {
      expect(
        refusals.map(({ body }) => body),
        `in the storm of round ${round}`,
      ).toEqual([]);
    }
    const signedOut = clients.filter((client) => client.signOut !== 'not asked');
    const living = clients.filter((client) => client.signOut === 'not asked');
    await Promise.all(signedOut.map((client) => expectSignedOut(nodes, client)));
    await Promise.all(living.map((client) => expectRecovered(nodes.url, client)));
    for (const client of clients) count(figures, client);
    clients = [...living, ...(await signInClients(nodes.url, user, signedOut.length))];
    if (round % 10 === 0) console.log(`Round ${round} of ${rounds}: ${JSON.stringify({ ...faults, ...figures })}`);
  }
  console.log(`Three nodes and PostgreSQL: ${JSON.stringify({ ...faults, ...figures })}`);
  console.log(`Until a sign-out was known to every node, once all were up again: ${takeDelays()}.`);
  // Otherwise nothing was in flight, and nothing was tried.
  expect(isTried(), JSON.stringify({ ...faults, ...figures })).toBe(true);
  expect(figures.forks).toBe(0);
});

/** Resolves when every node can sign people in again and every client knows how its last request ended. */
async function stormWhile(nodes: Nodes, clients: readonly Client[], what: () => Promise<void>): Promise<void> {
  let isOver = false;
  const storms = clients.map((client) => storm(nodes.url, client, { isOver: () => isOver, signOutWithin: 1_000 }));
  await what();
  await Promise.all(nodes.all.map(untilReady));
  // What the faults have taken is retried within the storm.
  await sleep(soon);
  isOver = true;
  await Promise.all(storms);
}

async function untilReady({ url }: Node): Promise<void> {
  await vi.waitFor(async () => expect((await fetch(new URL('/readyz', url))).status).toBe(200), {
    timeout: 20_000,
    interval: 20,
  });
}

interface Disturbance {
  readonly nodes: Nodes;
  readonly postgres: PostgresServer;
  readonly faults: { nodesKilled: number; postgresKilled: number; postgresRestarted: number };
  readonly round: number;
}

/** One or two nodes die, and PostgreSQL with them in two rounds of three: stopped in good order, or as by a cut of the power. */
async function disturb({ nodes, postgres, faults, round }: Disturbance): Promise<void> {
  const victims = [...nodes.all].sort(() => Math.random() - 0.5).slice(0, randomInt(1, 3));
  const kills = victims.map(async (node) => {
    await sleep(randomInt(soon));
    await node.kill();
    faults.nodesKilled++;
    await sleep(randomInt(soon));
    await node.start();
  });
  if (round % 3 === 1)
    kills.push(
      restart(
        postgres,
        () => postgres.kill(),
        () => faults.postgresKilled++,
      ),
    );
  if (round % 3 === 2)
    kills.push(
      restart(
        postgres,
        () => postgres.stop(),
        () => faults.postgresRestarted++,
      ),
    );
  await Promise.all(kills);
}

async function restart(postgres: PostgresServer, end: () => Promise<void>, count: () => void): Promise<void> {
  await sleep(randomInt(soon));
  await end();
  count();
  await sleep(randomInt(soon));
  // After a SIGKILL its children may hold the shared memory for a moment still.
  await vi.waitFor(() => postgres.start(), { timeout: 20_000, interval: 50 });
}

/** What was answered holds on every node; what was not answered is done or not, and holds when it is asked for again. */
async function expectSignedOut(nodes: Nodes, client: Client): Promise<void> {
  if (client.signOut === 'asked') await signOut(nodes.url, client.accessToken);
  await expectRefusedByAll(nodes, client.accessToken);
  await expectDeadByAll(nodes, client.refreshToken);
}
