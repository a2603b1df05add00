import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { base64url, decodeProtectedHeader, exportSPKI, importJWK, SignJWT, UnsecuredJWT } from 'jose';
import { allowInsecureRequests, validateJwtAccessToken } from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import type { Config } from '../../src/config/schema.js';
import { openDomain } from '../../src/main.js';
import { password, startTestServer, type TestAnswer, type TestServer } from '../harness.js';
import { postRaw } from '../raw.js';

let server: TestServer;
let token: string;

beforeAll(async () => {
  server = await startTestServer();
  await server.addUser('ada@example.com', 'companies:read');
  token = (await server.signIn('ada@example.com')).accessToken;
});
afterAll(() => server.stop());

const viewer = '{ viewer { userName } }';
const realm = 'Bearer realm="latchkey"';
const ask = (headers: Record<string, string>) => server.ask(viewer, { headers });
const askRaw = (...headerLines: string[]) => postRaw(server.url, headerLines, { query: viewer });

/** What RFC 6750 §3.1 says of a token that is no good, with the code that tells a client what to do. */
function expectInvalidToken({ status, headers, body }: TestAnswer, code: string) {
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toMatch(
    /^Bearer realm="latchkey", error="invalid_token", error_description="[^"\\]+"$/,
  );
  expect(body.errors).toMatchObject([{ extensions: { code } }]);
  expect(body).not.toHaveProperty('data');
}

describe('a request without a good token', () => {
  test('is challenged without an error where it has no credentials', async () => {
    const { status, headers, body } = await server.ask(viewer);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe(realm);
    expect(body).toEqual({
      errors: [
        {
          message: 'This operation needs a good access token.',
          extensions: expect.objectContaining({ code: 'UNAUTHENTICATED' }),
        },
      ],
    });
  });

  test('is challenged without an error where it tried another scheme', async () => {
    const { status, headers } = await ask({ authorization: `Basic ${btoa(`ada@example.com:${password}`)}` });
    expect({ status, challenge: headers.get('www-authenticate') }).toEqual({ status: 401, challenge: realm });
  });

  test.each([
    ['one word', 'garbage'],
    ['three parts', 'a.b.c'],
    ['nothing', ''],
    ['10,000 characters', 'x'.repeat(10_000)],
    ['two words', 'two words'],
    ['a quoted word', '"quoted"'],
    ['a word that is not ASCII', 'é'],
  ])('is told that %s is no good token', async (_, garbage) => {
    expectInvalidToken(await ask({ authorization: `Bearer ${garbage}` }), 'UNAUTHENTICATED');
  });

  test('is told so also where nothing of the operation needs a token', async () => {
    const answer = await server.ask('{ __typename }', { token: 'garbage' });
    expectInvalidToken(answer, 'UNAUTHENTICATED');
  });

  test('is told when the session of the token has ended', async () => {
    const { accessToken } = await server.signIn('ada@example.com');
    expect((await server.ask('mutation { signOut { sessionsEnded } }', { token: accessToken })).status).toBe(200);
    expectInvalidToken(await server.ask(viewer, { token: accessToken }), 'TOKEN_REVOKED');
  });

  test('is told when the token has expired, to the second', async () => {
    const other = await startTestServer();
    onTestFinished(() => other.stop());
    await other.addUser('ada@example.com');
    const { accessToken } = await other.signIn('ada@example.com');
    other.clock.advance(3_598_999);
    expect((await other.ask(viewer, { token: accessToken })).status).toBe(200);
    other.clock.advance(1_001);
    expectInvalidToken(await other.ask(viewer, { token: accessToken }), 'TOKEN_EXPIRED');
  });
});

describe('a token', () => {
  test.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('is accepted after the scheme %s', async (scheme) => {
    expect((await ask({ authorization: `${scheme} ${token}` })).status).toBe(200);
  });

  test.each(['Authorization', 'authorisation', 'AUTHORISATION'])('is accepted in the header %s', async (name) => {
    expect((await askRaw(`${name}: Bearer ${token}`)).status).toBe(200);
  });

  test.each([
    ['Authorization', 'Authorization'],
    ['Authorisation', 'Authorisation'],
    ['Authorization', 'Authorisation'],
    ['authorisation', 'AUTHORIZATION'],
  ])('is refused in %s and %s at once, also if both are the same', async (first, second) => {
    const { status, headers, body } = await askRaw(`${first}: Bearer ${token}`, `${second}: Bearer ${token}`);
    expect(status).toBe(400);
    expect(headers).toContain(`www-authenticate: ${realm}, error="invalid_request"`);
    expect(body.errors[0].extensions.code).toBe('AMBIGUOUS_CREDENTIALS');
  });

  test('is refused in a list of two', async () => {
    expectInvalidToken(await ask({ authorization: `Bearer ${token}, Bearer ${token}` }), 'UNAUTHENTICATED');
  });

  test('is not looked for in the URL, the body or a cookie', async () => {
    const post = (search: string, headers: object, members: object) =>
      fetch(`${server.url}${search}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query: viewer, ...members }),
      });
    const answers = await Promise.all([
      post(`?access_token=${token}`, {}, {}),
      post('', {}, { access_token: token, extensions: { authorization: `Bearer ${token}` } }),
      post('', { cookie: `access_token=${token}` }, {}),
      fetch(`${server.url}?query=${encodeURIComponent(viewer)}&access_token=${token}`),
    ]);
    const challenges = answers.map(({ status, headers }) => [status, headers.get('www-authenticate')]);
    expect(challenges).toEqual(answers.map(() => [401, realm]));
  });
});

describe('signIn and signInRefresh', () => {
  const signIn = `mutation { signIn(credentials: { userName: "ada@example.com", password: "${password}" }) { accessToken refreshToken } }`;

  test.each(['Bearer garbage', 'Bearer', 'Basic YTpi', 'x'])(
    'never look at the header "Authorization: %s"',
    async (value) => {
      const { status, body } = await server.ask(signIn, { headers: { authorization: value } });
      expect({ status, data: body.data }).toEqual({ status: 200, data: { signIn: expect.anything() } });
      const query = `mutation { signInRefresh(credentials: { refreshToken: "${body.data.signIn.refreshToken}" }) { accessToken } }`;
      const refreshed = await server.ask(query, { headers: { authorisation: value } });
      expect(refreshed.body.data.signInRefresh.accessToken).toEqual(expect.any(String));
    },
  );

  test('work with a token that has expired or was revoked', async () => {
    const other = await startTestServer();
    onTestFinished(() => other.stop());
    await other.addUser('ada@example.com');
    const revoked = (await other.signIn('ada@example.com')).accessToken;
    await other.ask('mutation { signOut { sessionsEnded } }', { token: revoked });
    expect((await other.ask(signIn, { token: revoked })).body.data.signIn).toBeDefined();
    const { accessToken, refreshToken } = await other.signIn('ada@example.com');
    other.clock.advance(3_600_000);
    expect((await other.ask(signIn, { token: accessToken })).body.data.signIn).toBeDefined();
    const query = `mutation { signInRefresh(credentials: { refreshToken: "${refreshToken}" }) { accessToken } }`;
    expect((await other.ask(query, { token: accessToken })).body.data.signInRefresh).toBeDefined();
  });

  test('answer with tokens that nobody on the way may keep', async () => {
    const signedIn = await server.ask(signIn);
    expect(signedIn.headers.get('cache-control')).toBe('no-store');
    const refreshed = await server.refresh(signedIn.body.data.signIn.refreshToken);
    expect(refreshed.headers.get('cache-control')).toBe('no-store');
  });
});

describe('an access token (RFC 9068)', () => {
  test('is accepted by an independent client that has only our key set', async () => {
    const [issuer, audience] = [server.origin, server.url];
    const request = new Request(server.url, { headers: { authorization: `Bearer ${token}` } });
    const jwks = `${server.origin}/.well-known/jwks.json`;
    const claims = await validateJwtAccessToken({ issuer, jwks_uri: jwks }, request, audience, {
      [allowInsecureRequests]: true,
    });
    expect(claims).toMatchObject({ iss: issuer, aud: audience, client_id: 'latchkey', scope: 'companies:read' });
    expect(claims.exp - claims.iat).toBe(3600);
    expect(decodeProtectedHeader(token).typ).toBe('at+jwt');
  });

  test('has a name of its own, each time', async () => {
    const tokens = await Promise.all([server.signIn('ada@example.com'), server.signIn('ada@example.com')]);
    const [first, second] = tokens.map(({ accessToken }) => payloadOf(accessToken));
    expect(first.jti).not.toBe(second.jti);
    expect(first.sid).not.toBe(second.sid);
  });

  test('is signed by a key of which only the public half is shown', async () => {
    const response = await fetch(`${server.origin}/.well-known/jwks.json`);
    const { keys } = (await response.json()) as { keys: Record<string, string>[] };
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']]);
  });
});

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
    const { userId, sessionId, scope } = { userId: payloadOf(token).sub, sessionId: payloadOf(token).sid, scope: '' };
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
