import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { addUser, ask, codeOf, refresh, signIn, signOut } from '../e2e/ask.js';
import { makeDirectory, type Running, serve } from '../e2e/process.js';
import { type Client, count, expectRecovered, newFigures, signInClients, storm } from './client.js';

const rounds = Number(process.env.LATCHKEY_CHAOS_ROUNDS ?? 5);
const sessions = 30;

// The port is another after each start, and with it would be the issuer of the tokens.
const flags = ['--public-url', 'https://api.example.com'];

test(`kill -9 in a refresh storm, ${rounds} times, loses nothing that was answered`, {
  timeout: 60_000 + rounds * 5_000,
}, async () => {
  const data = makeDirectory();
  let server = await serve(flags, { data });
  const user = await addUser(data, 'ada@example.com');
  let clients = await signInClients(server.url, user, sessions);
  const figures = newFigures();

  for (let round = 1; round <= rounds; round++) {
    await stormUntilKilled(server, clients);
    server = await serve(flags, { data });
    for (const { refusals } of clients) {
      expect(
        refusals.map(({ body }) => body),
        `in the storm of round ${round}`,
      ).toEqual([]);
    }
    const signedOut = clients.filter((client) => client.signOut !== 'not asked');
    const living = clients.filter((client) => client.signOut === 'not asked');
    await Promise.all(signedOut.map((client) => expectSignedOut(server.url, client)));
    await Promise.all(living.map((client) => expectRecovered(server.url, client)));
    for (const client of clients) count(figures, client);
    clients = [...living, ...(await signInClients(server.url, user, signedOut.length))];
    if (round % 20 === 0) console.log(`One node and SQLite, round ${round} of ${rounds}: ${JSON.stringify(figures)}`);
  }
  console.log(`One node and SQLite: ${JSON.stringify({ kills: rounds, ...figures })}`);
  const { unavailable, forks, ...others } = figures;
  expect({ unavailable, forks }).toEqual({ unavailable: 0, forks: 0 });
  // Otherwise nothing was in flight when it was killed, and nothing was tried.
  for (const times of Object.values(others)) expect(times).toBeGreaterThan(0);
});

/** Kills it at a random moment of the storm, and resolves when every client knows. */
async function stormUntilKilled(server: Running, clients: readonly Client[]): Promise<void> {
  let isOver = false;
  const storms = clients.map((client) => storm(server.url, client, { isOver: () => isOver, signOutWithin: 100 }));
  await sleep(30 + Math.random() * 250);
  server.child.kill('SIGKILL');
  await server.exit;
  isOver = true;
  await Promise.all(storms);
}

/** What was answered holds; what was not answered is done or not, and holds when it is asked for again. */
async function expectSignedOut(url: string, client: Client): Promise<void> {
  if (client.signOut === 'asked') await signOut(url, client.accessToken);
  const answers = [
    await ask(url, '{ viewer { id } }', { token: client.accessToken }),
    await refresh(url, client.refreshToken),
  ];
  expect(answers.map(codeOf)).toEqual(['TOKEN_REVOKED', 'REFRESH_TOKEN_REVOKED']);
}

test('fifty refreshes of one token at once give one successor, and the session lives', async () => {
  const server = await serve();
  const { refreshToken } = await signIn(server.url, await addUser(server.data, 'ada@example.com'));
  const answers = await Promise.all(Array.from({ length: 50 }, () => refresh(server.url, refreshToken)));
  const [successor, ...others] = new Set(answers.map(({ body }) => body.data.signInRefresh.refreshToken));
  expect(others).toEqual([]);
  expect((await refresh(server.url, successor)).body.data.signInRefresh.refreshToken).toMatch(/^lk_rt_/);
});

test('a replay after the window ends the session, for its newest tokens too', async () => {
  const server = await serve(['--refresh-retry-window', '1s']);
  const { refreshToken } = await signIn(server.url, await addUser(server.data, 'ada@example.com'));
  const newest = (await refresh(server.url, refreshToken)).body.data.signInRefresh;
  // The window itself has to pass.
  await sleep(1_100);
  expect(codeOf(await refresh(server.url, refreshToken))).toBe('REFRESH_TOKEN_REUSED');
  expect(codeOf(await refresh(server.url, newest.refreshToken))).toBe('REFRESH_TOKEN_REUSED');
  expect(codeOf(await ask(server.url, '{ viewer { id } }', { token: newest.accessToken }))).toBe('TOKEN_REVOKED');
});
