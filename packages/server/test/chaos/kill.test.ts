import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { addUser, ask, codeOf, refresh, signIn, signOut } from '../e2e/ask.js';
import { makeDirectory, type Running, serve } from '../e2e/process.js';
import { type Client, type Credentials, retry, signInClient, storm } from './client.js';

const rounds = Number(process.env.LATCHKEY_CHAOS_ROUNDS ?? 20);
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
  const totals = { answered: 0, unanswered: 0, signedOut: 0 };

  for (let round = 1; round <= rounds; round++) {
    await stormUntilKilled(server, clients);
    server = await serve(flags, { data });
    for (const client of clients) {
      count(totals, client);
      expect(
        client.refusals.map(({ body }) => body),
        `in the storm of round ${round}`,
      ).toEqual([]);
    }
    const signedOut = clients.filter((client) => client.signOut !== 'not asked');
    const living = clients.filter((client) => client.signOut === 'not asked');
    await Promise.all(signedOut.map((client) => expectSignedOut(server.url, client)));
    await Promise.all(living.map((client) => expectRecovered(server.url, client)));
    clients = [...living, ...(await signInClients(server.url, user, signedOut.length))];
  }
  console.log(`${rounds} kills: ${JSON.stringify(totals)}`);
  // Otherwise nothing was in flight when it was killed, and nothing was tried.
  for (const times of Object.values(totals)) expect(times).toBeGreaterThan(0);
});

function signInClients(url: string, user: Credentials, number: number): Promise<Client[]> {
  return Promise.all(Array.from({ length: number }, () => signInClient(url, user)));
}

/** Kills it at a random moment of the storm, and resolves when every client knows. */
async function stormUntilKilled(server: Running, clients: readonly Client[]): Promise<void> {
  for (const client of clients) client.diary.length = 0;
  const storms = clients.map((client) => storm(server.url, client));
  await sleep(30 + Math.random() * 250);
  server.child.kill('SIGKILL');
  await server.exit;
  await Promise.all(storms);
}

/** The newest token works with one try, and all that was ever answered is one chain, link by link. */
async function expectRecovered(url: string, client: Client): Promise<void> {
  // The storm ended in an entry with fewer than two answers: with one the newest token is new, with none it is the one sent.
  await retry(url, client);
  await retry(url, client);
  expect(client.refusals.map(({ body }) => body)).toEqual([]);
  for (const [index, { presented, given }] of client.diary.entries()) {
    expect(new Set(given).size, 'successors of one token').toBeLessThanOrEqual(1);
    const successor = given[0];
    const next = client.diary[index + 1];
    if (next) expect(next.presented).toBe(successor ?? presented);
    if (successor) expect(contentOf(successor)).toEqual(successorOf(contentOf(presented)));
  }
  // The one that was superseded last is within the window, and its answer is the same as it ever was.
  const last = client.diary.at(-1);
  const again = await refresh(url, String(last?.presented));
  expect(again.body.data.signInRefresh.refreshToken).toBe(client.refreshToken);
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

/** The session and the generation that a refresh token stands for; its last 20 bytes are the MAC. */
function contentOf(refreshToken: string): { session: string; generation: number } {
  const bytes = Buffer.from(refreshToken.slice('lk_rt_'.length), 'base64url');
  return { session: bytes.toString('hex', 0, 16), generation: bytes.readUIntBE(16, 6) };
}

function successorOf({ session, generation }: ReturnType<typeof contentOf>) {
  return { session, generation: generation + 1 };
}

function count(
  totals: Record<'answered' | 'unanswered' | 'signedOut', number>,
  { diary, signOut: state }: Client,
): void {
  const answers = diary.flatMap(({ given }) => given).length;
  totals.answered += answers;
  totals.unanswered += 2 * diary.length - answers;
  totals.signedOut += state === 'answered' ? 1 : 0;
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
