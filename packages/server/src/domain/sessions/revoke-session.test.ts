import { describe, expect, test, vi } from 'vitest';
import { auditOf, codeOf, day, hour, openTestSession, origin } from '../../../test/domain.js';
import { password } from '../../../test/harness.js';
import { listSessions } from './list-sessions.js';
import { revokeSessionByOperator, revokeSessionsByOperator } from './revoke-by-operator.js';
import { revokeSession } from './revoke-session.js';
import { signIn } from './sign-in.js';

/** Ada with two sessions, and Bob with one. */
async function open() {
  const opened = await openTestSession();
  const { domain, user, first, sessionId } = opened;
  const second = await signIn(domain, { userName: user.userName, password }, origin);
  const bob = await opened.addUser({ id: 'bob', userName: 'bob@example.com' });
  const foreign = await signIn(domain, { userName: bob.userName, password }, origin);
  const claims = await domain.accessTokens.verify(first.accessToken);
  const otherId = (await domain.accessTokens.verify(second.accessToken)).sessionId;
  const foreignId = (await domain.accessTokens.verify(foreign.accessToken)).sessionId;
  const end = (id: string) => revokeSession(domain, claims, id, origin);
  const ids = async () => {
    const sessions = await listSessions(domain, { userId: user.id, limit: 10 });
    return sessions.map(({ id }) => id).toSorted();
  };
  return { ...opened, id: sessionId, otherId, foreignId, second, foreign, end, ids };
}

describe('a caller', () => {
  test('ends another session of theirs at once, and the audit says from which', async () => {
    const opened = await open();
    const { domain, user, id, otherId, second, end, ids, refresh, clock } = opened;
    clock.advance(1000);
    expect(await end(otherId)).toEqual({ sessionsEnded: 1 });
    expect(await codeOf(domain.accessTokens.verify(second.accessToken))).toBe('TOKEN_REVOKED');
    expect(await codeOf(refresh(second.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
    expect(await ids()).toEqual([id]);
    const kept = { revokedAt: clock(), revokedReason: 'revoked_by_user' };
    expect(await domain.store.findSession(otherId)).toMatchObject(kept);
    const entry = { action: 'session.revoked', userId: user.id, sessionId: otherId, source: origin.source };
    expect(auditOf(opened).at(-1)).toEqual({ ...entry, detail: `by session ${id}` });
  });

  test('ends their own', async () => {
    const opened = await open();
    const { domain, id, otherId, first, end, ids } = opened;
    expect(await end(id)).toEqual({ sessionsEnded: 1 });
    expect(await codeOf(domain.accessTokens.verify(first.accessToken))).toBe('TOKEN_REVOKED');
    expect(await ids()).toEqual([otherId]);
    expect(auditOf(opened).at(-1)).toMatchObject({ sessionId: id, detail: null });
  });

  test('who ends one many times at once has ended it once', async () => {
    const opened = await open();
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => opened.end(opened.otherId)));
    expect(outcomes.filter(({ sessionsEnded }) => sessionsEnded === 1)).toHaveLength(1);
    expect(auditOf(opened).filter(({ action }) => action === 'session.revoked')).toHaveLength(1);
  });

  test('cannot end somebody else’s, nor what is no session, and is never told which', async () => {
    const opened = await open();
    const audit = auditOf(opened);
    for (const id of [opened.foreignId, 'A'.repeat(22), 'x'.repeat(100_000), 'a\0b', '']) {
      expect(await opened.end(id)).toEqual({ sessionsEnded: 0 });
    }
    expect(auditOf(opened)).toEqual(audit);
    await expect(opened.domain.accessTokens.verify(opened.foreign.accessToken)).resolves.toBeDefined();
  });

  test('never asks the store for what no id looks like', async () => {
    const { domain, first, sessionId } = await openTestSession();
    const claims = await domain.accessTokens.verify(first.accessToken);
    const findSession = vi.fn(domain.store.findSession);
    const watched = { ...domain, store: { ...domain.store, findSession } };
    for (const id of ['', 'x'.repeat(100_000), `${'A'.repeat(21)}\0`, `${sessionId}\n`, '\ud800'.repeat(22)]) {
      expect(await revokeSession(watched, claims, id, origin)).toEqual({ sessionsEnded: 0 });
    }
    expect(findSession).not.toHaveBeenCalled();
    expect(await revokeSession(watched, claims, sessionId, origin)).toEqual({ sessionsEnded: 1 });
    expect(findSession).toHaveBeenCalledOnce();
  });

  test('ends one that has expired as long as its last access token is good, and not later', async () => {
    const opened = await openTestSession({ sessionLifetime: hour });
    const { domain, first, refresh, sessionId, clock } = opened;
    const claims = await domain.accessTokens.verify(first.accessToken);
    clock.advance(hour - 60_000);
    const last = await refresh(first.refreshToken);
    clock.advance(60_000);
    expect(await listSessions(domain, { userId: claims.userId, limit: 10 })).toEqual([]);
    expect(await revokeSession(domain, claims, sessionId, origin)).toEqual({ sessionsEnded: 1 });
    expect(await codeOf(domain.accessTokens.verify(last.accessToken))).toBe('TOKEN_REVOKED');

    const later = await openTestSession({ sessionLifetime: hour });
    const old = await later.domain.accessTokens.verify(later.first.accessToken);
    later.clock.advance(2 * hour);
    expect(await revokeSession(later.domain, old, later.sessionId, origin)).toEqual({ sessionsEnded: 0 });
  });
});

describe('an operator', () => {
  test('ends any session', async () => {
    const opened = await open();
    const { domain, foreignId, foreign } = opened;
    const revoked = await revokeSessionByOperator(domain, foreignId);
    expect(revoked).toEqual({ id: foreignId, userName: 'bob@example.com' });
    expect(await codeOf(domain.accessTokens.verify(foreign.accessToken))).toBe('TOKEN_REVOKED');
    expect(await domain.store.findSession(foreignId)).toMatchObject({ revokedReason: 'revoked_by_operator' });
    const entry = { action: 'session.revoked', userId: 'bob', sessionId: foreignId, source: 'operator', detail: null };
    expect(auditOf(opened).at(-1)).toEqual(entry);
    expect(await codeOf(revokeSessionByOperator(domain, foreignId))).toBe('SESSION_NOT_FOUND');
    expect(auditOf(opened).filter(({ action }) => action === 'session.revoked')).toHaveLength(1);
  });

  test('ends one that has expired, whatever lifetime of access tokens the servers were given', async () => {
    const { restart, first, sessionId, clock } = await openTestSession({
      sessionLifetime: hour,
      accessTokenLifetime: day,
    });
    clock.advance(3 * hour);
    const command = await restart({ accessTokenLifetime: hour });
    await expect(revokeSessionByOperator(command, sessionId)).resolves.toMatchObject({ id: sessionId });
    const server = await restart();
    expect(await codeOf(server.accessTokens.verify(first.accessToken))).toBe('TOKEN_REVOKED');
  });

  test.each(['A'.repeat(22), 'nothing', '', 'a\0b'])('is told that there is no session %j', async (id) => {
    const { domain } = await openTestSession();
    expect(await codeOf(revokeSessionByOperator(domain, id))).toBe('SESSION_NOT_FOUND');
  });

  test('ends every session of a user, and nobody else’s', async () => {
    const opened = await open();
    const { domain, user, first, second, foreign, ids } = opened;
    const ended = { userName: user.userName, sessionsEnded: 2 };
    expect(await revokeSessionsByOperator(domain, ' ADA@example.com')).toEqual(ended);
    for (const { accessToken } of [first, second]) {
      expect(await codeOf(domain.accessTokens.verify(accessToken))).toBe('TOKEN_REVOKED');
    }
    expect(await ids()).toEqual([]);
    await expect(domain.accessTokens.verify(foreign.accessToken)).resolves.toBeDefined();
    const entry = { action: 'session.revoked', userId: user.id, sessionId: null, source: 'operator', detail: 'all' };
    expect(auditOf(opened).at(-1)).toEqual(entry);
    expect(await revokeSessionsByOperator(domain, user.userName)).toEqual({ ...ended, sessionsEnded: 0 });
  });
});

test('the listed sessions are the newest of those that have neither ended nor expired', async () => {
  const { domain, user, sessionId, clock } = await openTestSession();
  const enter = async () => {
    const { accessToken } = await signIn(domain, { userName: user.userName, password }, origin);
    return (await domain.accessTokens.verify(accessToken)).sessionId;
  };
  const list = async (limit: number) => {
    const sessions = await listSessions(domain, { userId: user.id, limit });
    return sessions.map(({ id }) => id);
  };
  clock.advance(29 * day);
  const second = await enter();
  clock.advance(1000);
  const third = await enter();
  expect(await list(10)).toEqual([third, second, sessionId]);
  expect(await list(2)).toEqual([third, second]);
  // The first has not been refreshed for thirty days.
  clock.advance(day);
  expect(await list(10)).toEqual([third, second]);
});
