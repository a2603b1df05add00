import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { codeOf } from '../../../test/domain.js';
import { audience, decode, issuer, lifetime, openTokens, subject } from '../../../test/tokens.js';
import { canonicalScope } from '../accounts/scope.js';
import { signingAlgorithms } from './algorithms.js';

describe.each(signingAlgorithms)('an access token signed with %s', (algorithm) => {
  test('has the header and the claims of RFC 9068', async () => {
    const { tokens, keys, clock } = await openTokens(algorithm);
    const token = await tokens.issue(subject);
    expect(token).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
    const [header, payload] = token.split('.');
    expect(decode(header)).toEqual({ alg: algorithm, typ: 'at+jwt', kid: keys.current.kid });
    expect(decode(payload)).toEqual({
      iss: issuer,
      sub: subject.userId,
      aud: audience,
      client_id: 'latchkey',
      iat: clock() / 1000,
      exp: clock() / 1000 + 3600,
      jti: expect.stringMatching(/^[\w-]{22,}$/),
      sid: subject.sessionId,
      scope: subject.scope,
    });
  });

  test('is accepted by an independent library with nothing but the published keys', async () => {
    const { tokens, keys, clock } = await openTokens(algorithm);
    const { payload } = await jwtVerify(await tokens.issue(subject), createLocalJWKSet(JSON.parse(keys.jwks)), {
      issuer,
      audience,
      typ: 'at+jwt',
      algorithms: [algorithm],
      requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
      currentDate: new Date(clock()),
    });
    expect(payload.sub).toBe(subject.userId);
  });

  test('speaks for its subject until it expires', async () => {
    const { tokens, clock } = await openTokens(algorithm);
    const token = await tokens.issue(subject);
    const claims = { ...subject, expiresAt: clock() + lifetime };
    expect(await tokens.verify(token)).toEqual(claims);
    clock.advance(lifetime - 1);
    expect(await tokens.verify(token)).toEqual(claims);
    clock.advance(1);
    expect(await codeOf(tokens.verify(token))).toBe('TOKEN_EXPIRED');
  });

  test('is refused after its session was revoked', async () => {
    const { tokens, revocations } = await openTokens(algorithm);
    const token = await tokens.issue(subject);
    const other = await tokens.issue({ ...subject, sessionId: 'another session' });
    revocations.add(subject.sessionId);
    expect(await codeOf(tokens.verify(token))).toBe('TOKEN_REVOKED');
    await expect(tokens.verify(other)).resolves.toBeDefined();
  });
});

test('two tokens of one session in one second differ in their id', async () => {
  const { tokens } = await openTokens();
  const [first, second] = await Promise.all([tokens.issue(subject), tokens.issue(subject)]);
  expect(decode(first?.split('.')[1]).jti).not.toBe(decode(second?.split('.')[1]).jti);
});

test('a scope, a name and an id may hold any character', async () => {
  const { tokens, clock } = await openTokens();
  const odd = { userId: '🦉"\\\u0000', sessionId: 'ü', scope: '' };
  expect(await tokens.verify(await tokens.issue(odd))).toEqual({ ...odd, expiresAt: clock() + lifetime });
});

test('a token with the longest scope is good', async () => {
  const { tokens } = await openTokens('RS256');
  const scope = 'x'.repeat(2048);
  expect(canonicalScope(scope)).toBe(scope);
  expect(await tokens.verify(await tokens.issue({ ...subject, scope }))).toMatchObject({ scope });
});

test('a lifetime that was lowered holds for tokens that are out already', async () => {
  const { tokens, create, clock } = await openTokens();
  const token = await tokens.issue(subject);
  const strict = create({ lifetime: 60_000 });
  expect(await strict.verify(token)).toEqual({ ...subject, expiresAt: clock() + 60_000 });
  clock.advance(60_000);
  expect(await codeOf(strict.verify(token))).toBe('TOKEN_EXPIRED');
});

test('a lifetime that was raised does not prolong tokens that are out already', async () => {
  const { tokens, create, clock } = await openTokens();
  const token = await tokens.issue(subject);
  clock.advance(lifetime);
  expect(await codeOf(create({ lifetime: 2 * lifetime }).verify(token))).toBe('TOKEN_EXPIRED');
});

describe('a token that was verified lately', () => {
  test('is remembered with its claims, and one that was not is not', async () => {
    const { tokens } = await openTokens();
    const token = await tokens.issue(subject);
    expect(tokens.recall(token)).toBeUndefined();
    const claims = await tokens.verify(token);
    expect(tokens.recall(token)).toEqual(claims);
    expect(tokens.recall(`${token} `)).toBeUndefined();
    // The signature of one that was verified, over something else.
    expect(tokens.recall(token.replace(/\..+\./, '.e30.'))).toBeUndefined();
    expect(tokens.recall(await tokens.issue(subject))).toBeUndefined();
  });

  test('is refused when it has expired', async () => {
    const { tokens, clock } = await openTokens();
    const token = await tokens.issue(subject);
    await tokens.verify(token);
    clock.advance(lifetime - 1);
    expect(tokens.recall(token)).toBeDefined();
    clock.advance(1);
    expect(() => tokens.recall(token)).toThrow(expect.objectContaining({ code: 'TOKEN_EXPIRED' }));
  });

  test('is refused when its session was revoked', async () => {
    const { tokens, revocations } = await openTokens();
    const token = await tokens.issue(subject);
    await tokens.verify(token);
    revocations.add(subject.sessionId);
    expect(() => tokens.recall(token)).toThrow(expect.objectContaining({ code: 'TOKEN_REVOKED' }));
  });

  test('is not remembered where it was refused', async () => {
    const { tokens, create } = await openTokens();
    const foreign = await create({ audience: 'somebody else' }).issue(subject);
    expect(await codeOf(tokens.verify(foreign))).toBe('UNAUTHENTICATED');
    expect(tokens.recall(foreign)).toBeUndefined();
  });
});
