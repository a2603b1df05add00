import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { base64url, decodeProtectedHeader, exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import type { Config } from '../../src/config/schema.js';
import { openDomain } from '../../src/main.js';
import { startTestServer, type TestServer } from '../harness.js';
import { expectInvalidToken } from './challenge.js';

let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await startTestServer();
  await server.addUser('ada@example.com', 'companies:read');
  token = (await server.signIn('ada@example.com')).accessToken;
});
afterAll(() => server.stop());

const viewer = '{ viewer { userName } }';

describe('a token that is not ours', () => {
  test.each(['none', 'None', 'NONE', 'nOnE', ''])('is refused with alg %j', async (alg) => {
    const header = base64url.encode(JSON.stringify({ alg, typ: 'at+jwt', kid: decodeProtectedHeader(token).kid }));
    const [, payload, signature] = token.split('.');
    for (const end of ['', signature]) {
      expectInvalidToken(await server.ask(viewer, { token: `${header}.${payload}.${end}` }), 'UNAUTHENTICATED');
    }
    expectInvalidToken(
      await server.ask(viewer, { token: new UnsecuredJWT(payloadOf(token)).encode() }),
      'UNAUTHENTICATED',
    );
  });

  test('is refused where our public key was its HMAC secret', async () => {
    const jwks = await (await fetch(`${server.origin}/.well-known/jwks.json`)).json();
    const pem = await exportSPKI((await importJWK(jwks.keys[0], 'ES256')) as CryptoKey);
    for (const secret of [pem, JSON.stringify(jwks.keys[0])]) {
      const header = { alg: 'HS256', typ: 'at+jwt', kid: jwks.keys[0].kid };
      const forged = await new SignJWT(payloadOf(token))
        .setProtectedHeader(header)
        .sign(new TextEncoder().encode(secret));
      expectInvalidToken(await server.ask(viewer, { token: forged }), 'UNAUTHENTICATED');
    }
  });

  test('is refused with a key, a key address or a key id of its own, and none of them is looked up', async () => {
    const { url, hits } = await startListener();
    const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
      'verify',
    ]);
    const jwk = await crypto.subtle.exportKey('jwk', publicKey);
    const { kid } = decodeProtectedHeader(token);
    const hostile = [
      { jwk },
      { jku: url },
      { x5u: url },
      { kid: url },
      { kid: '../../../../etc/passwd' },
      { kid: "' OR 1=1 --" },
    ];
    for (const members of hostile) {
      const header = { alg: 'ES256', typ: 'at+jwt', kid, ...members } as const;
      const forged = await new SignJWT(payloadOf(token)).setProtectedHeader(header as never).sign(privateKey);
      expectInvalidToken(await server.ask(viewer, { token: forged }), 'UNAUTHENTICATED');
    }
    expect(hits()).toBe(0);
  });

  test('is refused where one character of it was changed', async () => {
    const middles = token.split('.').map((part) => Math.floor(part.length / 2));
    for (const [index, middle] of middles.entries()) {
      const parts = token.split('.');
      const part = parts[index] as string;
      parts[index] = `${part.slice(0, middle)}${part[middle] === 'A' ? 'B' : 'A'}${part.slice(middle + 1)}`;
      expectInvalidToken(await server.ask(viewer, { token: parts.join('.') }), 'UNAUTHENTICATED');
    }
  });

  test.each([
    ['audience', { audience: 'https://elsewhere.example' }],
    ['issuer', { publicUrl: 'https://elsewhere.example' }],
  ])('is refused where a key of ours made it with another %s', async (_, other) => {
    const { sub: userId, sid: sessionId, scope } = payloadOf(token);
    const names = { publicUrl: server.origin, audience: server.url };
    const issue = async (changed: Partial<Config>) => {
      const config = { ...loadConfig({}), data: server.data, ...names, ...changed };
      const { domain, close } = await openDomain(config, { log: server.log, clock: server.clock });
      onTestFinished(close);
      return domain.accessTokens.issue({ userId, sessionId, scope });
    };
    expect((await server.ask(viewer, { token: await issue({}) })).status).toBe(200);
    const foreign = await issue(other);
    expect(decodeProtectedHeader(foreign)).toEqual(decodeProtectedHeader(token));
    expectInvalidToken(await server.ask(viewer, { token: foreign }), 'UNAUTHENTICATED');
  });

  test('is refused where it is a refresh token, and an access token refreshes nothing', async () => {
    const { accessToken, refreshToken } = await server.signIn('ada@example.com');
    expectInvalidToken(await server.ask(viewer, { token: refreshToken }), 'UNAUTHENTICATED');
    const { status, body } = await server.refresh(accessToken);
    expect({ status, data: body.data, code: body.errors[0].extensions.code }).toEqual({
      status: 200,
      data: null,
      code: 'REFRESH_TOKEN_INVALID',
    });
  });
});

function payloadOf(jwt: string) {
  return JSON.parse(Buffer.from(jwt.split('.')[1] as string, 'base64url').toString());
}

/** An HTTP server that nobody should ask. */
async function startListener() {
  let hits = 0;
  const listener = createServer((_, response) => {
    hits++;
    response.end();
  }).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  onTestFinished(() => void listener.close());
  return { url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}/`, hits: () => hits };
}
