import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { ask, claimsOf, signIn, signOut, type Tokens } from '../e2e/ask.js';
import { inService } from '../e2e/process.js';
import { overEvents, overSocket, type Subscriber, type Subscription } from '../subscribers.js';
import { start } from '../upstreams/sockets.js';
import { makeDatabase } from './database.js';
import { type Nodes, startNodes } from './nodes.js';

/** Milliseconds after which what runs with the token of a session that has ended elsewhere is over. */
const promised = 1_000;
const ticks = 'subscription { ticks(count: 100000, everyMs: 10) }';

let nodes: Nodes;
let user: { userName: string; password: string };
let here: string;
let there: string;

beforeAll(async () => {
  const upstream = await start();
  const { url: database } = await makeDatabase();
  nodes = await startNodes({ database, number: 2, argv: ['--upstream', upstream.url] });
  user = await nodes.addUser('ada@example.com');
  [here, there] = nodes.all.map(({ url }) => url) as [string, string];
  for (const { url } of nodes.all) await inService(url);
  return () => upstream.close();
});

interface Stream extends Subscription {
  /** From performance.now(), when it had ended. */
  readonly endedAt: Promise<number>;
}

async function open(subscriber: Subscriber): Promise<Stream> {
  onTestFinished(() => subscriber.dispose());
  const { events, ended, stop } = subscriber.subscribe(ticks);
  await expect.poll(() => events.length).toBeGreaterThan(0);
  return { events, ended, stop, endedAt: ended.then(() => performance.now()) };
}

/** A stream of each kind on the other node. */
async function openBoth({ accessToken }: Tokens): Promise<{ socket: Stream; events: Stream }> {
  const [socket, events] = await Promise.all([
    open(overSocket({ url: there }, accessToken)),
    open(overEvents({ url: there }, accessToken)),
  ]);
  return { socket, events };
}

const revokeSession = 'mutation ($id: ID!) { revokeSession(id: $id) { sessionsEnded } }';

test.each<[string, (of: Tokens) => Promise<unknown>]>([
  ['its owner signs out', ({ accessToken }) => signOut(here, accessToken)],
  [
    'its owner ends it from another one',
    async ({ accessToken }) => {
      const { accessToken: token } = await signIn(here, user);
      await ask(here, revokeSession, { token, variables: { id: claimsOf(accessToken).sid } });
    },
  ],
  [
    'an operator revokes it beside the nodes',
    ({ accessToken }) => nodes.command('session', 'revoke', '--', claimsOf(accessToken).sid),
  ],
])('the streams of a session at one node end within a second when, at another, %s', async (_, revoke) => {
  const [ending, staying] = [await signIn(here, user), await signIn(here, user)];
  const { socket, events } = await openBoth(ending);
  const others = await openBoth(staying);
  await revoke(ending);
  const since = performance.now();

  const delays = (await Promise.all([socket.endedAt, events.endedAt])).map((at) => Math.round(at - since));
  expect(Math.max(...delays), 'milliseconds until both had ended').toBeLessThan(promised);
  expect(await socket.ended).toMatchObject({ code: 4401, reason: 'TOKEN_REVOKED' });
  expect(await events.ended).toBeUndefined();
  expect(events.events.at(-1).errors[0].extensions.code).toBe('TOKEN_REVOKED');

  for (const { events: seen } of [others.socket, others.events]) {
    const before = seen.length;
    await expect.poll(() => seen.length).toBeGreaterThan(before + 5);
  }
});
