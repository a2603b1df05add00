import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { audience, decode, issuer, openTokens, subject } from '../../../test/tokens.js';
import { signingAlgorithms } from './algorithms.js';
import { createUpstreamTokens, type UpstreamTokenSettings } from './upstream-tokens.js';

const upstream = 'http://localhost:5000/graphql';
const minute = 60_000;

/** Tokens for an upstream, and the claims of an access token of that moment. */
async function open(settings: Partial<UpstreamTokenSettings> = {}, ...rest: Parameters<typeof openTokens>) {
  const opened = await openTokens(...rest);
  const { tokens: accessTokens, keys, clock, revocations } = opened;
  const upstreamTokens = createUpstreamTokens(
    { keys, clock, revocations, accessTokens },
    { audience: upstream, lifetime: minute, furtherClaims: () => ({ role: 'editor' }), ...settings },
  );
  const accessToken = await accessTokens.issue(subject);
  const claims = await accessTokens.verify(accessToken);
  return { ...opened, upstreamTokens, accessToken, claims };
}

const payloadOf = (token: string) => decode(token.split('.')[1]);
const headerOf = (token: string) => decode(token.split('.')[0]);

describe('a token for the upstream', () => {
  test.each(signingAlgorithms)('is a JWT under %s that our key set verifies, for its audience', async (algorithm) => {
    const { upstreamTokens, claims, keys, clock } = await open({}, algorithm);
    const token = await upstreamTokens.make(claims);
    const set = createLocalJWKSet(JSON.parse(keys.jwks));
    const currentDate = new Date(clock());
    const checks = { issuer, audience: upstream, typ: 'JWT', algorithms: [algorithm], currentDate };
    const { payload, protectedHeader } = await jwtVerify(token, set, checks);
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT', kid: keys.current.kid });
    const iat = clock() / 1000;
    expect(payload).toEqual({
      role: 'editor',
      iss: issuer,
      aud: upstream,
      sub: subject.userId,
      sid: subject.sessionId,
      scope: subject.scope,
      iat,
      exp: iat + 60,
    });
  });

  test.each([upstream, audience])('is no access token, were it for %s', async (forWhom) => {
    const { upstreamTokens, claims, tokens } = await open({ audience: forWhom });
    const token = await upstreamTokens.make(claims);
    expect(tokens.recall(token)).toBeUndefined();
    await expect(tokens.verify(token)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('cannot have what it says of its holder overwritten by further claims', async () => {
    const forged = { iss: 'x', aud: 'x', sub: 'root', sid: 'x', scope: 'all', exp: 9e9, iat: 0 };
    const { upstreamTokens, claims } = await open({ furtherClaims: () => forged });
    expect(payloadOf(await upstreamTokens.make(claims))).toMatchObject({ iss: issuer, sub: subject.userId });
    expect(payloadOf(await upstreamTokens.make(claims)).exp).toBeLessThan(9e9);
  });

  test('is made once and used until half of its life is over', async () => {
    let asked = 0;
    const { upstreamTokens, claims, clock } = await open({ furtherClaims: () => ({ number: ++asked }) });
    expect(upstreamTokens.recall(claims)).toBeUndefined();
    const made = await Promise.all(Array.from({ length: 20 }, () => upstreamTokens.make(claims)));
    expect(new Set(made).size).toBe(1);
    clock.advance(30_000 - 1);
    expect(upstreamTokens.recall(claims)).toBe(made[0]);
    clock.advance(1);
    expect(upstreamTokens.recall(claims)).toBeUndefined();
    expect(payloadOf(await upstreamTokens.make(claims)).number).toBe(2);
  });

  test('never outlives the access token, and the last one is used to its end', async () => {
    const { upstreamTokens, claims, clock } = await open();
    clock.advance(3_600_000 - 20_000);
    const token = await upstreamTokens.make(claims);
    const { exp, iat } = payloadOf(token);
    expect(exp - iat).toBe(20);
    expect(exp * 1000).toBe(claims.expiresAt);
    clock.advance(19_999);
    expect(upstreamTokens.recall(claims)).toBe(token);
    clock.advance(1);
    expect(upstreamTokens.recall(claims)).toBeUndefined();
  });

  test('is not handed out any more when another key signs', async () => {
    const { upstreamTokens, claims, keys, clock } = await open();
    const token = await upstreamTokens.make(claims);
    clock.advance(1);
    const { kid } = await keys.rotate({ now: true, compromised: false, reason: undefined, source: 'operator' });
    expect(upstreamTokens.recall(claims)).toBeUndefined();
    const next = await upstreamTokens.make(claims);
    expect([headerOf(token).kid === kid, headerOf(next).kid]).toEqual([false, kid]);
  });

  test('is not made for a session that ended, also while something was looked up', async () => {
    let look: (() => void) | undefined;
    const looked = new Promise<object>((resolve) => {
      look = () => resolve({});
    });
    const { upstreamTokens, claims, revocations } = await open({ furtherClaims: () => looked });
    const making = upstreamTokens.make(claims);
    revocations.add(claims.sessionId);
    look?.();
    await expect(making).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    await expect(upstreamTokens.make(claims)).rejects.toMatchObject({ code: 'TOKEN_REVOKED' });
    expect(upstreamTokens.recall(claims)).toBeUndefined();
  });

  test('can be made after a try that failed', async () => {
    let isAway = true;
    const furtherClaims = async () => {
      if (isAway) throw new Error('the store is away');
      return {};
    };
    const { upstreamTokens, claims } = await open({ furtherClaims });
    await expect(upstreamTokens.make(claims)).rejects.toThrow('away');
    isAway = false;
    expect(payloadOf(await upstreamTokens.make(claims)).sub).toBe(subject.userId);
  });
});
