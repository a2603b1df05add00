import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask, claimsOf, codeOf, refresh, signIn, signOut, type Tokens } from '../e2e/ask.js';
import { type FileDatabase, makeDatabase } from '../nodes/database.js';
import { type Nodes, startNode, startNodes } from '../nodes/nodes.js';
import { expectAcceptedByAll, expectDeadByAll, expectRefusedByAll, takeDelays } from '../nodes/refused.js';

const rounds = Number(process.env.LATCHKEY_RACE_ROUNDS ?? 10);
const callers = 50;

let database: FileDatabase;
let nodes: Nodes;
let user: Awaited<ReturnType<Nodes['addUser']>>;

beforeAll(async () => {
  database = await makeDatabase();
  nodes = await startNodes({ database: database.url });
  user = await nodes.addUser('ada@example.com');
});

test(`${callers} refreshes of one token at once over three nodes give one successor, ${rounds} times`, {
  timeout: 30_000 + rounds * 2_000,
}, async () => {
  const first = await signIn(nodes.url, user);
  const { sid } = claimsOf(first.accessToken);
  let { refreshToken } = first;
  for (let round = 1; round <= rounds; round++) {
    const presented = refreshToken;
    const answers = await Promise.all(Array.from({ length: callers }, () => refresh(nodes.url, presented)));
    const [successor, ...others] = new Set(answers.map(({ body }) => body.data?.signInRefresh.refreshToken));
    expect({ round, others, codes: answers.flatMap((answer) => codeOf(answer) ?? []) }).toEqual({
      round,
      others: [],
      codes: [],
    });
    expect(successor).not.toBe(presented);
    refreshToken = successor;
    if (round % 50 === 0) console.log(`${round} of ${rounds} rounds of ${callers} refreshes.`);
  }
  // A token says which generation it is, so the same answer fifty times is no proof: only one may have rotated.
  expect(await database.query(`SELECT generation::INTEGER, revoked_at FROM sessions WHERE id = '${sid}'`)).toEqual([
    { generation: rounds, revoked_at: null },
  ]);
  const last = await refresh(nodes.url, refreshToken);
  expect(last.body.data.signInRefresh.accessToken).toMatch(/^ey/);
  console.log(`${rounds} rounds of ${callers} refreshes of one token: ${rounds} successors, no session lost.`);
});

test('a replay after the window ends the session on every node', async () => {
  // The window is how long the node that is asked still takes it for a retry: this one takes none.
  const strict = await startNode(['--refresh-retry-window', '0s'], nodes.env);
  const first = await signIn(nodes.url, user);
  const newest = (await refresh(nodes.url, first.refreshToken)).body.data.signInRefresh;
  // To the others it is a retry still, so it was the window that decided.
  expect((await refresh(nodes.url, first.refreshToken)).body.data.signInRefresh.refreshToken).toBe(newest.refreshToken);
  expect(codeOf(await refresh(strict.url, first.refreshToken))).toBe('REFRESH_TOKEN_REUSED');
  const all = [...nodes.all, strict];
  await expectRefusedByAll({ all }, newest.accessToken);
  await expectDeadByAll({ all }, newest.refreshToken, 'REFRESH_TOKEN_REUSED');
});

test(`${rounds} sign-outs one after another are each known to every node within a second`, {
  timeout: 30_000 + rounds * 1_000,
}, async () => {
  takeDelays();
  for (let round = 0; round < rounds; round++) {
    const { accessToken } = await signIn(nodes.url, user);
    // Each has verified it, and remembers that.
    await expectAcceptedByAll(nodes, accessToken);
    await signOut(nodes.url, accessToken);
    await expectRefusedByAll(nodes, accessToken);
  }
  console.log(`Until a sign-out was known to every node: ${takeDelays()}.`);
});

/** Everything that one session was ever given. */
interface Holder {
  readonly given: Tokens[];
  /** The code that its last refresh was refused with. */
  refused: string | undefined;
}

/** Refreshes without a pause, three at once as tabs of a browser would, until it is refused. */
async function refreshUntilRefused(tokens: Tokens): Promise<Holder> {
  const holder: Holder = { given: [tokens], refused: undefined };
  for (let newest = tokens; holder.refused === undefined; newest = holder.given.at(-1) ?? newest) {
    const answers = await Promise.all([0, 1, 2].map(() => refresh(nodes.url, newest.refreshToken)));
    for (const answer of answers) {
      if (answer.body.data) holder.given.push(answer.body.data.signInRefresh);
      else holder.refused = codeOf(answer) ?? JSON.stringify(answer.body);
    }
  }
  return holder;
}

/** Signs in again and again until that is refused. One at a time: the hashes would take all processors. */
async function signInUntilRefused(): Promise<Holder> {
  const holder: Holder = { given: [], refused: undefined };
  const before = user;
  while (holder.refused === undefined) {
    await signIn(nodes.url, before).then(
      (tokens) => holder.given.push(tokens),
      (error) => {
        if (!String(error).includes('INVALID_CREDENTIALS')) throw error;
        holder.refused = 'REFRESH_TOKEN_REVOKED';
      },
    );
  }
  return holder;
}

/** Not one of the tokens that it was given last lives anywhere. */
async function expectNothingLives({ given, refused }: Holder): Promise<void> {
  expect(refused).toBe('REFRESH_TOKEN_REVOKED');
  const last = given.slice(-3);
  await Promise.all(last.map(({ accessToken }) => expectRefusedByAll(nodes, accessToken)));
  for (const refreshToken of new Set(last.map((tokens) => tokens.refreshToken))) {
    await expectDeadByAll(nodes, refreshToken);
  }
}

interface Ending {
  readonly name: string;
  /** Whether nobody can sign in with the old password afterwards. */
  readonly shutsOut?: true;
  /** Ends the sessions of the user, which are being refreshed. */
  end(sessions: readonly Tokens[]): Promise<unknown>;
}

/** Each session ends itself, at a moment of its own. */
const byCaller = (end: (tokens: Tokens) => Promise<unknown>) => (sessions: readonly Tokens[]) =>
  Promise.all(
    sessions.map(async (tokens) => {
      await sleep(randomInt(40));
      await end(tokens);
    }),
  );

const revokeItself = ({ accessToken: token }: Tokens) =>
  ask(nodes.url, 'mutation ($id: ID!) { revokeSession(id: $id) { sessionsEnded } }', {
    token,
    variables: { id: claimsOf(token).sid },
  });

const endings: readonly Ending[] = [
  { name: 'a sign-out', end: byCaller(({ accessToken }) => signOut(nodes.url, accessToken)) },
  { name: 'revokeSession', end: byCaller(revokeItself) },
  {
    name: 'a sign-out everywhere',
    end: ([first]) =>
      ask(nodes.url, 'mutation { signOut(everywhere: true) { sessionsEnded } }', { token: first?.accessToken ?? '' }),
  },
  {
    name: 'a change of the password',
    shutsOut: true,
    end: async () => {
      const { password } = await nodes.command('user', 'password', user.userName, '--generate');
      user = { ...user, password };
    },
  },
  { name: '"user disable"', shutsOut: true, end: () => nodes.command('user', 'disable', user.userName) },
];

describe('nothing lives afterwards of what was given during', () => {
  const times = Math.ceil(rounds / 20);

  test.for(endings)('$name', { timeout: 30_000 + times * 5_000 }, async ({ shutsOut, end }) => {
    for (let time = 1; time <= times; time++) {
      const sessions = await Promise.all(Array.from({ length: 5 }, () => signIn(nodes.url, user)));
      const holders = sessions.map(refreshUntilRefused);
      if (shutsOut) holders.push(signInUntilRefused());
      await end(sessions);
      for (const holder of await Promise.all(holders)) await expectNothingLives(holder);
      if (shutsOut && time < times) await nodes.command('user', 'enable', user.userName);
    }
  });
});
