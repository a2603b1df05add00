import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openTestDomain, origin } from '../../../test/domain.js';
import { type AskOptions, startTestServer } from '../../../test/harness.js';
import { resolveViewer } from './viewer.js';

const userName = 'ada@example.com';
const fields = 'id current createdAt lastUsedAt idleExpiresAt expiresAt source userAgent';
const revoke = 'mutation ($id: ID!) { revokeSession(id: $id) { sessionsEnded } }';

async function open() {
  const server = await startTestServer();
  onTestFinished(() => server.stop());
  await server.addUser(userName);
  await server.addUser('bob@example.com');
  const enter = async (name = userName) => {
    const tokens = await server.signIn(name);
    const { body } = await server.ask('{ viewer { session { id } } }', { token: tokens.accessToken });
    return { ...tokens, token: tokens.accessToken, id: String(body.data.viewer.session.id) };
  };
  const list = async (token: string) => {
    const { body } = await server.ask(`{ viewer { sessions { ${fields} } } }`, { token });
    return body.data.viewer.sessions;
  };
  const end = async (token: string, id: string) => (await server.ask(revoke, { token, variables: { id } })).body;
  return { server, enter, list, end };
}

const ended = (sessionsEnded: number) => ({ data: { revokeSession: { sessionsEnded } } });
const codeOf = (answer: { body: { errors?: { extensions: { code: string } }[] } }) =>
  answer.body.errors?.[0]?.extensions.code;
const viewer = '{ viewer { id } }';

describe('viewer { sessions }', () => {
  test('are the living ones of the caller, the newest first, and which is the current one', async () => {
    const { server, enter, list } = await open();
    const first = await enter();
    server.clock.advance(1000);
    const second = await enter();
    server.clock.advance(1000);
    await enter('bob@example.com');
    const over = await enter();
    await server.ask('mutation { signOut { sessionsEnded } }', { token: over.token });
    await server.refresh(first.refreshToken);
    const time = (ago: number) => new Date(server.clock() - ago).toISOString();
    const sessions = await list(first.token);
    expect(sessions).toMatchObject([
      { id: second.id, current: false, createdAt: time(1000), lastUsedAt: time(1000) },
      { id: first.id, current: true, createdAt: time(2000), lastUsedAt: time(0), source: '127.0.0.1' },
    ]);
    const { body } = await server.ask(`{ viewer { session { ${fields} } } }`, { token: first.token });
    expect(body.data.viewer.session).toEqual(sessions[1]);
  });

  test('are a hundred at most', async () => {
    const { server, enter, list } = await open();
    const { token } = await enter();
    const database = new DatabaseSync(join(server.data, 'latchkey.db'));
    database.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 101)
      INSERT INTO sessions (id, user_id, generation, created_at, rotated_at, idle_expires_at, expires_at, source, user_agent)
      SELECT 'more' || i, user_id, 0, created_at + i, rotated_at, idle_expires_at, expires_at, source, user_agent
      FROM sessions, n`);
    database.close();
    const sessions = await list(token);
    expect(sessions).toHaveLength(100);
    expect([sessions[0].id, sessions[99].id]).toEqual(['more101', 'more2']);
  });

  test('are read once under however many names, and not where nobody asks for them', async () => {
    const { domain } = await openTestDomain();
    const listSessions = vi.fn(domain.store.listSessions);
    const findSession = vi.fn(domain.store.findSession);
    const claims = { userId: 'ada', sessionId: 'phone', scope: '', expiresAt: 0 };
    const store = { ...domain.store, listSessions, findSession };
    const viewer = resolveViewer(undefined, undefined, { domain: { ...domain, store }, claims, origin: () => origin });
    expect(listSessions).not.toHaveBeenCalled();
    expect(await Promise.all([viewer.sessions(), viewer.sessions()])).toEqual([[], []]);
    expect(listSessions).toHaveBeenCalledOnce();
    expect(findSession).not.toHaveBeenCalled();
  });

  test('need an access token', async () => {
    const { server } = await open();
    expect((await server.ask('{ viewer { sessions { id } } }')).status).toBe(401);
  });
});

describe('revokeSession', () => {
  test('ends another session of the caller at once, and no more', async () => {
    const { server, enter, list, end } = await open();
    const [phone, laptop, desk] = [await enter(), await enter(), await enter()];
    expect(await end(laptop.token, phone.id)).toEqual(ended(1));
    expect(codeOf(await server.ask(viewer, { token: phone.token }))).toBe('TOKEN_REVOKED');
    expect(codeOf(await server.refresh(phone.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
    const left = (await list(laptop.token)).map(({ id }: { id: string }) => id);
    expect(left.toSorted()).toEqual([laptop.id, desk.id].toSorted());
    expect(await end(laptop.token, phone.id)).toEqual(ended(0));
  });

  test('ends the session that it is asked with, after which its token cannot call it', async () => {
    const { server, enter, end } = await open();
    const [mine, other] = [await enter(), await enter()];
    expect(await end(mine.token, mine.id)).toEqual(ended(1));
    const refused = await server.ask(revoke, { token: mine.token, variables: { id: other.id } });
    expect([refused.status, codeOf(refused)]).toEqual([401, 'TOKEN_REVOKED']);
    expect((await server.ask(viewer, { token: other.token })).status).toBe(200);
  });

  test('of an id that is unknown, somebody else’s, over or no id at all is one and the same answer', async () => {
    const { server, enter, end } = await open();
    const { token } = await enter();
    const bob = await enter('bob@example.com');
    const over = await enter();
    await server.ask('mutation { signOut { sessionsEnded } }', { token: over.token });
    const ids = [
      bob.id,
      over.id,
      'A'.repeat(22),
      '',
      '%',
      "' OR 1=1 --",
      'x'.repeat(100_000),
      `${bob.id}\0`,
      `\0${'A'.repeat(21)}`,
      '\ud800'.repeat(22),
      `${bob.id}\n`,
    ];
    for (const id of ids) expect(await end(token, id)).toEqual(ended(0));
    expect((await server.ask(viewer, { token: bob.token })).status).toBe(200);
    const wrong = await server.ask(revoke, { token, variables: { id: { or: 1 } } });
    expect(codeOf(wrong)).toBe('BAD_USER_INPUT');
  });

  test('may stand in an operation often, but not without end', async () => {
    const { server, enter } = await open();
    const [mine, a, b] = [await enter(), await enter(), await enter()];
    const ask = (ids: readonly string[], options: AskOptions = { token: mine.token }) => {
      const aliases = ids.map((id, i) => `a${i}: revokeSession(id: "${id}") { sessionsEnded }`);
      return server.ask(`mutation { ${aliases.join(' ')} }`, options);
    };
    const { body } = await ask([a.id, a.id, b.id]);
    expect(Object.values(body.data)).toEqual([{ sessionsEnded: 1 }, { sessionsEnded: 0 }, { sessionsEnded: 1 }]);
    expect(codeOf(await ask(Array(101).fill(mine.id)))).toBe('DOCUMENT_TOO_COMPLEX');
    expect((await ask([mine.id], {})).status).toBe(401);
    expect((await server.ask(viewer, { token: mine.token })).status).toBe(200);
  });
});
