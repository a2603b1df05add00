import { describe, expect, test } from 'vitest';
import { openTestDomain } from '../../../test/domain.js';
import type { LatchkeyError } from '../../domain/errors.js';
import { type Connection, createLive } from './live.js';

async function setUp(connectionsPerCaller = 2, subscriptionsPerCaller = 2) {
  const { domain, clock } = await openTestDomain();
  return { domain, clock, live: createLive(domain, { connectionsPerCaller, subscriptionsPerCaller }) };
}

/** A connection that notes what it is told. */
function createConnection(of: Partial<Connection> = {}) {
  const told: string[] = [];
  const connection: Connection = {
    claims: undefined,
    token: undefined,
    end: ({ code }: LatchkeyError) => void told.push(code),
    goAway: () => void told.push('go away'),
    ...of,
  };
  return Object.assign(connection, { told });
}

describe('what is open', () => {
  test('is counted for each caller, and counted down, whatever the order', async () => {
    const { live } = await setUp();
    const first = live.enter(createConnection(), 'a');
    const second = live.enter(createConnection(), 'a');
    expect(() => live.enter(createConnection(), 'a')).toThrow('as many WebSockets');
    expect(() => live.assertRoom('a')).toThrow('as many WebSockets');
    const other = live.enter(createConnection(), 'b');
    expect(() => other.moveTo('a')).toThrow();
    const [done] = [first.begin(), second.begin()];
    expect(() => first.begin()).toThrow('as many operations');
    done();
    first.leave();
    first.leave();
    other.moveTo('a');
    expect({ connections: live.connections, operations: live.operations }).toEqual({ connections: 2, operations: 1 });
  });

  test('is not counted for somebody whom a connection that has left turns out to be', async () => {
    const { live } = await setUp(1);
    const seat = live.enter(createConnection(), 'a');
    seat.leave();
    seat.moveTo('b');
    live.enter(createConnection(), 'b');
    expect(live.connections).toBe(1);
  });

  test('is told when its token has expired or its session has ended', async () => {
    const { live, domain, clock } = await setUp(3);
    const claims = { userId: 'u', sessionId: 's1', scope: '', expiresAt: clock() + 1_000 };
    const expiring = createConnection({ claims });
    const revoked = createConnection({ claims: { ...claims, sessionId: 's2', expiresAt: clock() + 9_000 } });
    const nobody = createConnection();
    for (const connection of [expiring, revoked, nobody]) live.enter(connection, 'u');
    clock.advance(1_000);
    domain.revocations.add('s2');
    await expect.poll(() => expiring.told[0]).toBe('TOKEN_EXPIRED');
    expect(revoked.told[0]).toBe('TOKEN_REVOKED');
    expect(nobody.told).toEqual([]);
  });

  test('has its token verified again when a signing key may have been dropped', async () => {
    const { live, domain, clock } = await setUp();
    const claims = { userId: 'u', sessionId: 's', scope: '', expiresAt: clock() + 1_000 };
    const good = createConnection({ claims, token: await domain.accessTokens.issue(claims) });
    const bad = createConnection({ claims, token: 'signed with a key that is gone' });
    for (const connection of [good, bad]) live.enter(connection, 'u');
    domain.accessTokens.forget();
    await expect.poll(() => bad.told).toEqual(['UNAUTHENTICATED']);
    expect(good.told).toEqual([]);
  });

  test('is sent away when the server stops, and nobody comes in any more', async () => {
    const { live } = await setUp();
    const connection = createConnection();
    const seat = live.enter(connection, 'a');
    const stopped = live.stop(1_000);
    expect(connection.told).toEqual(['go away']);
    expect(() => live.enter(createConnection(), 'b')).toThrow('stopping');
    expect(() => seat.begin()).toThrow('stopping');
    seat.leave();
    await stopped;
  });
});
