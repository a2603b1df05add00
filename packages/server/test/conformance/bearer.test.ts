import { decodeProtectedHeader } from 'jose';
import { allowInsecureRequests, validateJwtAccessToken } from 'oauth4webapi';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { password, startTestServer, type TestServer } from '../harness.js';
import { postRaw } from '../raw.js';
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
const realm = 'Bearer realm="latchkey"';
const ask = (headers: Record<string, string>) => server.ask(viewer, { headers });
const askRaw = (...headerLines: string[]) => postRaw(server.url, headerLines, { query: viewer });

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

function payloadOf(jwt: string) {
  return JSON.parse(Buffer.from(jwt.split('.')[1] as string, 'base64url').toString());
}
