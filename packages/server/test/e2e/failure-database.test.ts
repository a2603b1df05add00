import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newSecret } from '../nodes/nodes.js';
import { type PostgresServer, startPostgres } from '../postgres/server.js';
import { startRelay } from '../relay.js';
import { ask, codeOf, refresh, signIn, signOut, type Tokens } from './ask.js';
import { type HeldUpstream, startHeldUpstream } from './held-upstream.js';
import { inService, type Running, run, serve } from './process.js';

/** Milliseconds, of --database-timeout. */
const timeout = 1_000;

/** Milliseconds in which whoever waits for the database has an answer: the timeout, and what a busy machine needs. */
const bounded = timeout + 2_000;

/** Well below the timeout: nothing was waited for. */
const atOnce = timeout / 2;

/** "Within a few seconds": what connects again waits at most 1.25 s between two attempts. */
const shortly = { timeout: 5_000, interval: 20 };

let postgres: PostgresServer;
let upstream: HeldUpstream;
const env = { LATCHKEY_DATABASE: '', LATCHKEY_SECRET: newSecret(), LATCHKEY_DATABASE_TIMEOUT: `${timeout}ms` };
let user: { userName: string; password: string };
let server: Running;
let other: Running;

const startNode = (url = postgres.url, ...argv: string[]) =>
  serve(['--upstream', upstream.url, ...argv], { env: { ...env, LATCHKEY_DATABASE: url } });

beforeAll(async () => {
  [postgres, upstream] = await Promise.all([startPostgres({ fsync: false }), startHeldUpstream()]);
  env.LATCHKEY_DATABASE = postgres.url;
  [server, other] = await Promise.all([startNode(), startNode()]);
  const added = await run(['user', 'add', 'ada@example.com', '--generate', '--json'], { env });
  user = JSON.parse(added.stdout);
  await Promise.all([server, other].map(({ url }) => inService(url)));
});

afterAll(async () => {
  upstream.close();
  for (const { child } of [server, other]) child.kill('SIGKILL');
  await postgres.remove();
});

async function timed<T>(work: Promise<T>): Promise<{ answer: T; milliseconds: number }> {
  const start = performance.now();
  const answer = await work;
  return { answer, milliseconds: performance.now() - start };
}

const trySignIn = (url = server.url) =>
  ask(url, 'mutation ($of: SignInCredentials!) { signIn(credentials: $of) { accessToken } }', {
    variables: { of: { userName: user.userName, password: user.password } },
  });

const viewer = ({ accessToken: token }: Tokens, url = server.url) => ask(url, '{ viewer { id scope } }', { token });

/** The status of an address that asks for no token. */
const statusOf = async (path: string, { url } = server) => (await fetch(new URL(path, url))).status;

async function changesAge({ url } = server): Promise<number> {
  const text = await (await fetch(new URL('/metrics', url))).text();
  return Number(/^latchkey_changes_age_seconds (\S+)$/m.exec(text)?.[1]);
}

const isReady = (node = server) => vi.waitFor(async () => expect(await statusOf('/readyz', node)).toBe(200), shortly);

function expectUnavailable(answer: Awaited<ReturnType<typeof ask>>): void {
  expect(codeOf(answer)).toBe('STORE_UNAVAILABLE');
  expect(answer.status).toBe(503);
  expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(answer.body.data ?? null).toBeNull();
}

describe('while the database is away', () => {
  let known: Tokens;
  let unseen: Tokens;
  let ended: Tokens;

  beforeAll(async () => {
    [known, unseen, ended] = await Promise.all([
      signIn(server.url, user),
      signIn(other.url, user),
      signIn(server.url, user),
    ]);
    await viewer(known);
    await signOut(server.url, ended.accessToken);
    await postgres.stop();
  });

  test('signing in is refused in bounded time, and then at once', async () => {
    const first = await timed(trySignIn());
    expectUnavailable(first.answer);
    expect(first.milliseconds).toBeLessThan(bounded);
    await vi.waitFor(async () => expect((await timed(trySignIn())).milliseconds).toBeLessThan(atOnce), shortly);
    for (const attempt of [trySignIn(), refresh(server.url, known.refreshToken)]) {
      const { answer, milliseconds } = await timed(attempt);
      expectUnavailable(answer);
      expect(milliseconds).toBeLessThan(atOnce);
    }
  });

  test('tokens pass, to us and to the API: one that was known here, and one that another node signed and none has seen', async () => {
    for (const { accessToken: token } of [known, unseen]) {
      expect((await ask(server.url, '{ hello }', { token })).body).toEqual({ data: { hello: 'world' } });
      expect((await ask(server.url, '{ viewer { id scope } hello }', { token })).body.data).toEqual({
        viewer: { id: expect.any(String), scope: '' },
        hello: 'world',
      });
    }
  });

  test('what has to be looked up says so in its field', async () => {
    const answer = await ask(server.url, '{ viewer { id userName } }', { token: unseen.accessToken });
    expectUnavailable(answer);
    expect(answer.body.errors).toMatchObject([{ path: ['viewer', 'userName'] }]);
  });

  test('a token of a session that had ended stays refused', async () => {
    expect(codeOf(await viewer(ended))).toBe('TOKEN_REVOKED');
    expect(codeOf(await ask(server.url, '{ hello }', { token: ended.accessToken }))).toBe('TOKEN_REVOKED');
  });

  test('a sign-out says that it came to nothing, and the session goes on', async () => {
    for (const operation of ['signOut', 'signOut(everywhere: true)']) {
      expectUnavailable(
        await ask(server.url, `mutation { ${operation} { sessionsEnded } }`, { token: known.accessToken }),
      );
    }
    expect(codeOf(await viewer(known))).toBeUndefined();
  });

  test('it is alive, not ready, and its metrics say for how long it has heard nothing', async () => {
    expect(await statusOf('/healthz')).toBe(200);
    expect(await statusOf('/readyz')).toBe(503);
    expect(await statusOf('/.well-known/jwks.json')).toBe(200);
    const age = await changesAge();
    expect(age).toBeGreaterThan(0);
    await vi.waitFor(async () => expect(await changesAge()).toBeGreaterThan(Math.max(age, 1)), shortly);
  });

  test('SIGTERM ends it with 0, in bounded time', async () => {
    const { answer, milliseconds } = await timed(other.stop());
    expect(answer).toBe(0);
    expect(milliseconds).toBeLessThan(bounded);
  });

  test('when it is back all goes on by itself, and nothing that was answered is lost', async () => {
    await postgres.start();
    await isReady();
    expect((await refresh(server.url, known.refreshToken)).body.data.signInRefresh.refreshToken).toMatch(/^lk_rt_/);
    await signIn(server.url, user);
    expect(codeOf(await refresh(server.url, ended.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
    expect((await signOut(server.url, known.accessToken)).body).toEqual({ data: { signOut: { sessionsEnded: 1 } } });
    await vi.waitFor(async () => expect(await changesAge()).toBeLessThan(1), shortly);
  });

  test('the log has said it, not with every look, and has no password in it', () => {
    const lines = server.stdout().split('\n');
    const count = (words: string) => lines.filter((line) => line.includes(words)).length;
    expect([1, 2]).toContain(count('cannot hear of the changes of other nodes'));
    expect(count('hearing of the changes of other nodes again')).toBe(
      count('cannot hear of the changes of other nodes'),
    );
    expect(server.stdout() + server.stderr()).not.toMatch(/password of the tests|password%20of/);
  });
});

test('a node that is cut off from the database, which says nothing at all, refuses what it cannot store, lets tokens pass, and then hears what was ended meanwhile', async () => {
  const relay = await startRelay(postgres.url);
  const node = await startNode(relay.url, '--database-timeout', `${timeout / 2}ms`);
  const [tokens, stays] = await Promise.all([signIn(node.url, user), signIn(server.url, user)]);
  // Of many at once each gets a connection, so that many of them lead nowhere.
  await Promise.all(Array.from({ length: 20 }, () => refresh(node.url, stays.refreshToken)));
  relay.freeze();
  const ended = signOut(server.url, tokens.accessToken);
  for (const attempt of [trySignIn(node.url), refresh(node.url, tokens.refreshToken)]) {
    const { answer, milliseconds } = await timed(attempt);
    expectUnavailable(answer);
    expect(milliseconds).toBeLessThan(bounded);
  }
  // Once it knows.
  await vi.waitFor(async () => expect((await timed(trySignIn(node.url))).milliseconds).toBeLessThan(atOnce), {
    timeout: bounded,
  });
  expect(await statusOf('/readyz', node)).toBe(503);
  await ended;
  // It cannot know.
  expect(codeOf(await viewer(tokens, node.url))).toBeUndefined();
  relay.thaw();
  await isReady(node);
  await vi.waitFor(async () => expect(codeOf(await viewer(tokens, node.url))).toBe('TOKEN_REVOKED'), shortly);
  expect(codeOf(await refresh(node.url, tokens.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
  expect(codeOf(await refresh(node.url, stays.refreshToken))).toBeUndefined();

  relay.freeze();
  const { answer, milliseconds } = await timed(node.stop());
  expect(answer).toBe(0);
  expect(milliseconds).toBeLessThan(2 * bounded);
});

test('twenty clients that refresh all the time get through a restart of the database, and none is signed out', async () => {
  const clients = await Promise.all(Array.from({ length: 20 }, () => signIn(server.url, user)));
  const others: unknown[] = [];
  let isBack = false;
  const run = async ({ refreshToken }: Tokens) => {
    let token = refreshToken;
    for (let left = 3; left > 0; ) {
      const began = isBack;
      const answer = await refresh(server.url, token);
      const next = answer.body.data?.signInRefresh;
      if (next) token = next.refreshToken;
      else if (answer.status !== 503) others.push(answer.body);
      else await sleep(20);
      if (next && began) left--;
    }
  };
  const running = Promise.all(clients.map(run));
  await postgres.stop();
  await postgres.start();
  isBack = true;
  const { milliseconds } = await timed(running);
  expect(others).toEqual([]);
  expect(milliseconds).toBeLessThan(shortly.timeout);
});
