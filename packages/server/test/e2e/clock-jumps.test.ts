import { expect, onTestFinished, test } from 'vitest';
import { signIn } from '../../src/domain/sessions/sign-in.js';
import { codeOf as domainCodeOf, hour, minute, openTestSession, origin } from '../domain.js';
import { password, startTestServer, type TestServer } from '../harness.js';

const viewer = '{ viewer { userName } }';

async function start(settings: Parameters<typeof startTestServer>[0] = {}): Promise<TestServer> {
  const server = await startTestServer(settings);
  onTestFinished(() => server.stop());
  return server;
}

const codeOf = async (server: TestServer, token: string) =>
  (await server.ask(viewer, { token })).body.errors?.[0].extensions.code;

test('a clock that is set back two hours brings no expired token back, and people go on signing in', async () => {
  const server = await start();
  await server.addUser('ada@example.com');
  const { accessToken, refreshToken } = await server.signIn('ada@example.com');
  server.clock.advance(hour + minute);
  expect(await codeOf(server, accessToken)).toBe('TOKEN_EXPIRED');

  server.clock.advance(-2 * hour);
  expect(await codeOf(server, accessToken)).toBe('TOKEN_EXPIRED');
  const refreshed = (await server.refresh(refreshToken)).body.data.signInRefresh;
  expect(await codeOf(server, refreshed.accessToken)).toBeUndefined();
  expect(await codeOf(server, (await server.signIn('ada@example.com')).accessToken)).toBeUndefined();
});

test('a clock that jumps two hours ahead and back brings no session back that has ended', async () => {
  const server = await start();
  await server.addUser('ada@example.com');
  const { accessToken, refreshToken } = await server.signIn('ada@example.com');
  await server.ask('mutation { signOut { sessionsEnded } }', { token: accessToken });
  for (const jump of [2 * hour, -2 * hour, 2 * hour, -4 * hour]) {
    server.clock.advance(jump);
    expect(await codeOf(server, accessToken)).toMatch(/^TOKEN_(REVOKED|EXPIRED)$/);
    expect((await server.refresh(refreshToken)).body.errors[0].extensions.code).toBe('REFRESH_TOKEN_REVOKED');
  }
});

test('a clock that jumps two hours ahead ends no session', async () => {
  const server = await start();
  await server.addUser('ada@example.com');
  const { refreshToken } = await server.signIn('ada@example.com');
  server.clock.advance(2 * hour);
  const { accessToken } = (await server.refresh(refreshToken)).body.data.signInRefresh;
  expect(await codeOf(server, accessToken)).toBeUndefined();
});

test('a token that had expired stays dead where the clock is two hours behind after a restart', async () => {
  const { domain, clock, log, first, user, restart } = await openTestSession();
  clock.advance(2 * hour);
  // The store notes when: the audit has the sign-in, and a server records the time every minute.
  await signIn(domain, { userName: user.userName, password }, origin);
  clock.advance(-2 * hour);

  const { accessTokens } = await restart();
  expect(await domainCodeOf(accessTokens.verify(first.accessToken))).toBe('TOKEN_EXPIRED');
  expect(log.lines.map(({ message }) => message)).toContainEqual(expect.stringContaining('the clock was set back'));
});
