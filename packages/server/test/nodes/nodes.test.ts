import { beforeAll, describe, expect, test, vi } from 'vitest';
import { ask, claimsOf, codeOf, refresh, signIn, signOut, type Tokens } from '../e2e/ask.js';
import { type FileDatabase, makeDatabase } from './database.js';
import { type Nodes, startNode, startNodes } from './nodes.js';
import { expectAcceptedByAll, expectDeadByAll, expectRefusedByAll, takeDelays, viewerCode } from './refused.js';

let database: FileDatabase;
let nodes: Nodes;
let user: Awaited<ReturnType<Nodes['addUser']>>;
const urlOf = (index: number) => nodes.all[index]?.url ?? '';

beforeAll(async () => {
  database = await makeDatabase();
  nodes = await startNodes({ database: database.url });
  user = await nodes.addUser('ada@example.com');
});

/** Signs in through the round-robin, so on any node. */
const signInAnywhere = (who = user) => signIn(nodes.url, who);

/** Refreshes by the given node and expects tokens. */
async function refreshBy(url: string, { refreshToken }: Tokens): Promise<Tokens> {
  const { body } = await refresh(url, refreshToken);
  return body.data?.signInRefresh ?? expect.fail(JSON.stringify(body));
}

async function sessionIds(url: string, { accessToken }: Tokens): Promise<string[]> {
  const { body } = await ask(url, '{ viewer { sessions { id } } }', { token: accessToken });
  return body.data.viewer.sessions.map(({ id }: { id: string }) => id);
}

function headerOf(accessToken: string): { kid: string } {
  return JSON.parse(Buffer.from(accessToken.split('.')[0] ?? '', 'base64url').toString());
}

const revoke = (url: string, { accessToken }: Tokens, id: string) =>
  ask(url, 'mutation ($id: ID!) { revokeSession(id: $id) { sessionsEnded } }', {
    token: accessToken,
    variables: { id },
  });

describe('three nodes that started at the same moment on an empty database', () => {
  test('agree on one issuer and one signing key, though each is known by a port of its own', async () => {
    const each = await Promise.all(nodes.all.map(({ url }) => signIn(url, user)));
    expect(new Set(each.map(({ accessToken }) => claimsOf(accessToken).iss)).size).toBe(1);
    for (const { accessToken } of each) await expectAcceptedByAll(nodes, accessToken);
    expect(await database.query('SELECT count(*)::INTEGER AS keys FROM signing_keys')).toEqual([{ keys: 1 }]);
  });

  test('are one to a caller, whose every request goes to another of them', async () => {
    let tokens = await signInAnywhere();
    for (let times = 0; times < 10; times++) {
      const next = await refreshBy(nodes.url, tokens);
      expect(await viewerCode(nodes.url, next.accessToken)).toBeUndefined();
      tokens = next;
    }
  });

  test('let somebody sign in on one, refresh on another, ask the third, and sign out on the first', async () => {
    const tokens = await refreshBy(urlOf(1), await signIn(urlOf(0), user));
    expect(await viewerCode(urlOf(2), tokens.accessToken)).toBeUndefined();
    await expectAcceptedByAll(nodes, tokens.accessToken);
    expect((await signOut(urlOf(0), tokens.accessToken)).body).toEqual({ data: { signOut: { sessionsEnded: 1 } } });
    // The node that did it, with the next request.
    expect(await viewerCode(urlOf(0), tokens.accessToken)).toBe('TOKEN_REVOKED');
    await expectRefusedByAll(nodes, tokens.accessToken);
    await expectDeadByAll(nodes, tokens.refreshToken);
  });

  test('give one successor for a token that is presented to each of them', async () => {
    const { refreshToken } = await signInAnywhere();
    const answers = await Promise.all(nodes.all.map(({ url }) => refresh(url, refreshToken)));
    const successors = new Set(answers.map(({ body }) => body.data.signInRefresh.refreshToken));
    expect(successors.size).toBe(1);
    expect(codeOf(await refresh(nodes.url, [...successors][0]))).toBeUndefined();
  });
});

describe('what one node ends, the others refuse within a second:', () => {
  test('the one session that was signed out of, and no other', async () => {
    const [ended, other] = [await signInAnywhere(), await signInAnywhere()];
    await expectAcceptedByAll(nodes, ended.accessToken);
    await signOut(nodes.url, ended.accessToken);
    await expectRefusedByAll(nodes, ended.accessToken);
    await expectDeadByAll(nodes, ended.refreshToken);
    await expectAcceptedByAll(nodes, other.accessToken);
  });

  test('every session of whoever signs out everywhere, and nobody else’s', async () => {
    const grace = await nodes.addUser('grace@example.com');
    const other = await signInAnywhere();
    const sessions = await Promise.all(nodes.all.map(({ url }) => signIn(url, grace)));
    const { body } = await ask(urlOf(1), 'mutation { signOut(everywhere: true) { sessionsEnded } }', {
      token: sessions[0]?.accessToken ?? '',
    });
    expect(body.data.signOut.sessionsEnded).toBe(3);
    await Promise.all(sessions.map(({ accessToken }) => expectRefusedByAll(nodes, accessToken)));
    for (const { refreshToken } of sessions) await expectDeadByAll(nodes, refreshToken);
    await expectAcceptedByAll(nodes, other.accessToken);
  });

  test('the session that its owner chose from the list, seen alike by each', async () => {
    const [mine, lost] = [await signIn(urlOf(0), user), await signIn(urlOf(1), user)];
    const id = claimsOf(lost.accessToken).sid;
    for (const { url } of nodes.all) expect(await sessionIds(url, mine)).toContain(id);
    expect((await revoke(urlOf(2), mine, id)).body.data.revokeSession.sessionsEnded).toBe(1);
    await expectRefusedByAll(nodes, lost.accessToken);
    await expectDeadByAll(nodes, lost.refreshToken);
    for (const { url } of nodes.all) expect(await sessionIds(url, mine)).not.toContain(id);
    await expectAcceptedByAll(nodes, mine.accessToken);
  });

  test('a session of which a token came back that two had followed already', async () => {
    const first = await signIn(urlOf(0), user);
    const newest = await refreshBy(urlOf(2), await refreshBy(urlOf(1), first));
    expect(codeOf(await refresh(urlOf(0), first.refreshToken))).toBe('REFRESH_TOKEN_REUSED');
    await expectRefusedByAll(nodes, newest.accessToken);
    await expectDeadByAll(nodes, newest.refreshToken, 'REFRESH_TOKEN_REUSED');
  });
});

describe('what an operator does beside the nodes, they act upon within a second:', () => {
  test('a session is revoked', async () => {
    const [ended, other] = [await signInAnywhere(), await signInAnywhere()];
    await nodes.command('session', 'revoke', '--', claimsOf(ended.accessToken).sid);
    await expectRefusedByAll(nodes, ended.accessToken);
    await expectDeadByAll(nodes, ended.refreshToken);
    await expectAcceptedByAll(nodes, other.accessToken);
  });

  test('a password is changed: whoever knew the old one is out', async () => {
    const before = await nodes.addUser('joan@example.com');
    const tokens = await signInAnywhere(before);
    const { password } = await nodes.command('user', 'password', before.userName, '--generate');
    await expectRefusedByAll(nodes, tokens.accessToken);
    await expectDeadByAll(nodes, tokens.refreshToken);
    for (const { url } of nodes.all) await expect(signIn(url, before)).rejects.toThrow('INVALID_CREDENTIALS');
    await expectAcceptedByAll(nodes, (await signInAnywhere({ ...before, password })).accessToken);
  });

  test('a user is disabled, and nobody is let in until the user is enabled again', async () => {
    const edith = await nodes.addUser('edith@example.com');
    const tokens = await Promise.all(nodes.all.map(({ url }) => signIn(url, edith)));
    await nodes.command('user', 'disable', edith.userName);
    await Promise.all(tokens.map(({ accessToken }) => expectRefusedByAll(nodes, accessToken)));
    for (const { refreshToken } of tokens) await expectDeadByAll(nodes, refreshToken);
    for (const { url } of nodes.all) await expect(signIn(url, edith)).rejects.toThrow('INVALID_CREDENTIALS');
    await nodes.command('user', 'enable', edith.userName);
    await expectAcceptedByAll(nodes, (await signInAnywhere(edith)).accessToken);
    for (const { accessToken } of tokens) expect(await viewerCode(nodes.url, accessToken)).toBe('TOKEN_REVOKED');
  });
});

describe('a signing key that an operator adds', () => {
  const kidOf = ({ accessToken }: Tokens) => headerOf(accessToken).kid;
  const kidsOf = async (url: string): Promise<string[]> => {
    const { keys } = (await (await fetch(new URL('/.well-known/jwks.json', url))).json()) as {
      keys: { kid: string }[];
    };
    return keys.map(({ kid }) => kid);
  };
  /** Within a second each node publishes it and signs with it. Returns the newest tokens of the session. */
  async function untilSigning(kid: string, tokens: Tokens): Promise<Tokens> {
    let newest = tokens;
    const look = async () => {
      for (const { url } of nodes.all) {
        expect(await kidsOf(url)).toContain(kid);
        newest = await refreshBy(url, newest);
        expect(kidOf(newest)).toBe(kid);
      }
    };
    await vi.waitFor(look, { timeout: 1_000, interval: 20 });
    return newest;
  }

  test('signs on every node within a second, and what the old one signed goes on', async () => {
    const before = await signInAnywhere();
    const { added } = await nodes.command('keys', 'rotate', '--now');
    const after = await untilSigning(added.kid, before);
    for (const { url } of nodes.all) expect(await kidsOf(url)).toContain(kidOf(before));
    await expectAcceptedByAll(nodes, before.accessToken);
    await expectAcceptedByAll(nodes, after.accessToken);
  });

  test('because the old one is compromised, leaves nothing that the old one signed', async () => {
    const before = await signInAnywhere();
    await expectAcceptedByAll(nodes, before.accessToken);
    const { added } = await nodes.command('keys', 'rotate', '--now', '--reason', 'compromised');
    await vi.waitFor(
      async () => {
        for (const { url } of nodes.all) expect(await viewerCode(url, before.accessToken)).toBe('UNAUTHENTICATED');
      },
      { timeout: 1_000, interval: 20 },
    );
    // The session itself is nobody else's: its refresh token is not made with that key.
    const after = await untilSigning(added.kid, before);
    for (const { url } of nodes.all) expect(await kidsOf(url)).toEqual([added.kid]);
    await expectAcceptedByAll(nodes, after.accessToken);
  });
});

test('a node that joins later knows what was revoked before, and is heard by the others', async () => {
  const [gone, tokens] = [await signInAnywhere(), await signInAnywhere()];
  await signOut(nodes.url, gone.accessToken);
  const joined = await startNode([], nodes.env);
  expect(await viewerCode(joined.url, gone.accessToken)).toBe('TOKEN_REVOKED');
  expect(await viewerCode(joined.url, tokens.accessToken)).toBeUndefined();
  await signOut(joined.url, tokens.accessToken);
  await expectRefusedByAll(nodes, tokens.accessToken);
});

test('a revocation arrives within a second where no connection can be had to listen for it', async () => {
  const heard = takeDelays();
  // The second is how they ask for a sign of life.
  const listening = "datname = current_database() AND query IN ('LISTEN latchkey_changes', 'SELECT 1')";
  const allow = (yes: boolean) =>
    database.query(`UPDATE pg_database SET datallowconn = ${yes} WHERE datname = current_database()`);
  const sessions = await Promise.all(nodes.all.map(({ url }) => signIn(url, user)));
  for (const { accessToken } of sessions) await expectAcceptedByAll(nodes, accessToken);
  await allow(false);
  try {
    const ended = await database.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${listening}`);
    expect(ended.length).toBeGreaterThanOrEqual(nodes.all.length);
    for (const [index, { accessToken, refreshToken }] of sessions.entries()) {
      await signOut(urlOf(index), accessToken);
      await expectRefusedByAll(nodes, accessToken);
      await expectDeadByAll(nodes, refreshToken);
    }
  } finally {
    await allow(true);
  }
  console.log(`Until every node knew: ${heard}; by polling alone: ${takeDelays()}.`);
});
