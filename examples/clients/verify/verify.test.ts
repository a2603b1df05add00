import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { exportJWK, exportSPKI, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createVerifier, hasScope } from './verify.js';

type Key = GenerateKeyPairResult['publicKey'];
type Members = Record<string, unknown>;

const ours = await generateKeyPair('ES256', { extractable: true });
const foreign = await generateKeyPair('ES256');
const rsa = await generateKeyPair('RS256', { extractable: true });
const asPublicJwk = async (key: Key, kid: string) => ({ ...(await exportJWK(key)), kid, use: 'sig' });

let requests = 0;
const keySet = JSON.stringify({
  keys: [await asPublicJwk(ours.publicKey, 'ours'), await asPublicJwk(rsa.publicKey, 'rsa')],
});
const server = createServer((request, response) => {
  requests += 1;
  response.writeHead(request.url === '/.well-known/jwks.json' ? 200 : 404).end(keySet);
});
let publicUrl: string;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  publicUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const now = () => Math.floor(Date.now() / 1000);

/** A good access token, except for what is given. A member given as undefined is left out. */
function makeToken(claims: Members = {}, header: Members = {}, key: Key | Uint8Array = ours.privateKey) {
  const payload = {
    iss: publicUrl,
    aud: `${publicUrl}/graphql`,
    sub: 'user-1',
    client_id: 'latchkey',
    iat: now(),
    exp: now() + 3600,
    jti: 'token-1',
    sid: 'session-1',
    scope: 'companies:read notes:write',
    ...claims,
  };
  return new SignJWT(payload).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'ours', ...header }).sign(key);
}

const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

const goodTokens: [string, () => Promise<string>][] = [
  ['a good token', () => makeToken()],
  ['a token that expired ten seconds ago, for the clocks may differ', () => makeToken({ exp: now() - 10 })],
  ['a token from a clock that is ten seconds ahead', () => makeToken({ iat: now() + 10 })],
];

const badTokens: [string, () => Promise<string>][] = [
  ['nothing', async () => ''],
  ['no token at all', async () => 'a.b.c'],
  ['an expired token', () => makeToken({ exp: now() - 120 })],
  ['a token that never expires', () => makeToken({ exp: undefined })],
  ['a token of another issuer', () => makeToken({ iss: 'http://localhost:9' })],
  ['a token for another audience', () => makeToken({ aud: 'http://localhost:9/graphql' })],
  ['a token without an audience', () => makeToken({ aud: undefined })],
  ['a token without a subject', () => makeToken({ sub: undefined })],
  ['a token without a client', () => makeToken({ client_id: undefined })],
  ['a token without an id', () => makeToken({ jti: undefined })],
  ['another kind of token under the same key', () => makeToken({}, { typ: 'JWT' })],
  ['a token without a type', () => makeToken({}, { typ: undefined })],
  ['a token that a foreign key signed', () => makeToken({}, {}, foreign.privateKey)],
  ['a token of an algorithm that is not pinned', () => makeToken({}, { alg: 'RS256', kid: 'rsa' }, rsa.privateKey)],
  [
    'HS256 under the public key',
    async () => makeToken({}, { alg: 'HS256' }, Buffer.from(await exportSPKI(ours.publicKey))),
  ],
  [
    'alg none',
    async () => {
      const [, payload] = (await makeToken()).split('.');
      return `${encode({ alg: 'none', typ: 'at+jwt', kid: 'ours' })}.${payload}.`;
    },
  ],
  [
    'a changed payload',
    async () => {
      const [header, payload, signature] = (await makeToken()).split('.');
      const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString());
      return `${header}.${encode({ ...claims, sub: 'somebody-else' })}.${signature}`;
    },
  ],
];

type Verdict = { claims: Members } | { error: string };

async function verifyInTypeScript(tokens: string[]): Promise<Verdict[]> {
  const verify = createVerifier(publicUrl);
  const verdicts = [];
  for (const token of tokens) {
    verdicts.push(
      await verify(`bEaReR ${token}`).then(
        (claims) => ({ claims }),
        (error: Error) => ({ error: error.message }),
      ),
    );
  }
  return verdicts;
}

const python = ['python3', '/usr/bin/python3'].find(
  (program) => spawnSync(program, ['-c', 'import jwt, cryptography']).status === 0,
);

async function verifyInPython(tokens: string[]): Promise<Verdict[]> {
  const program = spawn(python ?? 'python3', [fileURLToPath(new URL('./verify.py', import.meta.url))], {
    env: { ...process.env, LATCHKEY_PUBLIC_URL: publicUrl },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  program.stdin.end(tokens.map((token) => `${token}\n`).join(''));
  return (await text(program.stdout))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

// Outside of CI, a machine without PyJWT leaves the Python part out, and says so.
const hasPython = python !== undefined || process.env.CI !== undefined;
if (!hasPython) console.warn('Left out: verify.py, for there is no Python with PyJWT and cryptography here.');

describe.each([
  { language: 'TypeScript', verifyAll: verifyInTypeScript, isHere: true },
  { language: 'Python', verifyAll: verifyInPython, isHere: hasPython },
])('the verifier in $language', ({ verifyAll, isHere }) => {
  it.skipIf(!isHere)('accepts good tokens and gives their claims', async () => {
    const tokens = await Promise.all(goodTokens.map(([, make]) => make()));
    const verdicts = await verifyAll(tokens);
    const expected = { sub: 'user-1', sid: 'session-1', client_id: 'latchkey', scope: 'companies:read notes:write' };
    for (const [index, [what]] of goodTokens.entries()) {
      expect(verdicts[index], what).toEqual({ claims: expect.objectContaining(expected) });
    }
  });

  it.skipIf(!isHere)('refuses every bad one', async () => {
    const tokens = await Promise.all(badTokens.map(([, make]) => make()));
    const verdicts = await verifyAll(tokens);
    expect(verdicts).toHaveLength(badTokens.length);
    for (const [index, [what]] of badTokens.entries()) {
      expect(verdicts[index], what).toEqual({ error: expect.any(String) });
    }
  });

  it.skipIf(!isHere)('asks for the keys once, and once more at most for any number of invented key ids', async () => {
    const good = await Promise.all(Array.from({ length: 10 }, () => makeToken()));
    const invented = await Promise.all(Array.from({ length: 10 }, (_, n) => makeToken({}, { kid: `invented-${n}` })));
    requests = 0;
    await verifyAll(good);
    expect(requests).toBe(1);
    requests = 0;
    const verdicts = await verifyAll([...good, ...invented, ...good]);
    expect(requests).toBeLessThanOrEqual(2);
    expect(verdicts.map((verdict) => 'claims' in verdict)).toEqual([
      ...good.map(() => true),
      ...invented.map(() => false),
      ...good.map(() => true),
    ]);
  });
});

it('tells whether a token has a scope', () => {
  const claims = { scope: 'companies:read notes:write' };
  expect(hasScope(claims, 'companies:read')).toBe(true);
  expect(hasScope(claims, 'companies')).toBe(false);
  expect(hasScope({}, 'companies:read')).toBe(false);
});
