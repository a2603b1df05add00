import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { addUser, ask, codeOf, refresh, signIn, signOut } from './ask.js';
import { startHeldUpstream } from './held-upstream.js';
import { dial, inService, makeDirectory, type Running, serve } from './process.js';

/** Well above what an exit takes on a busy machine, and far below the 30 s that requests in flight are given. */
const promptly = 5_000;

/** A server before an upstream that can be held, and the token of its user. */
async function serveHeld(...flags: string[]) {
  const upstream = await startHeldUpstream();
  onTestFinished(() => upstream.close());
  const server = await serve(['--upstream', upstream.url, ...flags]);
  const user = await addUser(server.data, 'ada@example.com');
  await inService(server.url);
  const { accessToken } = await signIn(server.url, user);
  return { server, upstream, token: accessToken };
}

/** Sends SIGTERM and returns the exit code and how many milliseconds it took. */
async function timedStop(server: Running) {
  const started = performance.now();
  const code = await server.stop();
  return { code, milliseconds: performance.now() - started };
}

describe('SIGTERM', () => {
  test('finishes what is in flight, takes no new connection meanwhile, and exits 0', async () => {
    const { server, upstream, token } = await serveHeld();
    const slow = ask(server.url, '{ held }', { token });
    await upstream.asked;
    const stopped = server.stop();
    // Until it has seen the signal it takes connections, and this one request keeps it from ending before it refuses them.
    await vi.waitFor(() => expect(dial(server)).rejects.toMatchObject({ code: 'ECONNREFUSED' }), { timeout: promptly });
    upstream.release();
    expect((await slow).body).toEqual({ data: { held: 'released' } });
    expect(await stopped).toBe(0);
    expect(server.stdout()).toContain('"msg":"stopped"');
  });

  test('lets a caller finish sending, and says that the connection ends', async () => {
    const server = await serve();
    const caller = await dial(server);
    const body = '{"query":"{ __typename }"}';
    const headers = `Content-Type: application/json\r\nContent-Length: ${body.length}\r\nExpect: 100-continue`;
    caller.write(`POST /graphql HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
    expect(String(await once(caller, 'data'))).toMatch(/^HTTP\/1.1 100 /);
    const stopped = server.stop();
    await server.said(/"msg":"stopping"/);
    caller.write(body);
    const [head = '', answer] = String(await once(caller, 'data')).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 200 OK\r\n/);
    expect(head.toLowerCase()).toContain('\r\nconnection: close');
    expect(answer).toBe('{"data":{"__typename":"Query"}}');
    expect(await stopped).toBe(0);
  });

  test('does not wait for a connection that is kept alive and idle', async () => {
    const server = await serve();
    const caller = await dial(server);
    caller.write('GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(String(await once(caller, 'data'))).toContain('alive');
    const closed = once(caller, 'close');
    const { code, milliseconds } = await timedStop(server);
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(promptly);
    await closed;
  });

  test('does not wait for a connection on which nothing was ever asked, as browsers open them', async () => {
    const server = await serve();
    await dial(server);
    const { code, milliseconds } = await timedStop(server);
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(promptly);
  });

  test('does not wait for an upstream that never gave its schema', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    onTestFinished(() => void silent.close());
    const { port } = silent.address() as { port: number };
    const introspected = once(silent, 'connection');
    const server = await serve(['--upstream', `http://127.0.0.1:${port}/graphql`]);
    const [socket] = await introspected;
    onTestFinished(() => socket.destroy());
    const { code, milliseconds } = await timedStop(server);
    expect(code).toBe(0);
    expect(milliseconds).toBeLessThan(promptly);
  });

  test('cuts what takes longer than shutdownTimeout', async () => {
    const { server, upstream, token } = await serveHeld('--shutdown-timeout', '500ms');
    const slow = ask(server.url, '{ held }', { token });
    slow.catch(() => undefined);
    await upstream.asked;
    const { code, milliseconds } = await timedStop(server);
    await expect(slow).rejects.toThrow();
    expect(code).toBe(0);
    expect(milliseconds).toBeGreaterThan(490);
    expect(milliseconds).toBeLessThan(promptly);
  });
});

test('a second start on the same data knows the users, sessions, revocations and keys of the first', async () => {
  const data = makeDirectory();
  // The port changes, and with it would the issuer of the tokens.
  const flags = ['--public-url', 'https://api.example.com'];
  const first = await serve(flags, { data });
  const user = await addUser(data, 'ada@example.com');
  const [going, gone] = [await signIn(first.url, user), await signIn(first.url, user)];
  expect((await signOut(first.url, gone.accessToken)).body).toEqual({ data: { signOut: { sessionsEnded: 1 } } });
  const keys = await jwksOf(first);
  expect(await first.stop()).toBe(0);

  const second = await serve(flags, { data });
  const viewer = '{ viewer { userName } }';
  expect((await ask(second.url, viewer, { token: going.accessToken })).body.data).toEqual({
    viewer: { userName: 'ada@example.com' },
  });
  expect((await refresh(second.url, going.refreshToken)).body.data.signInRefresh.refreshToken).toMatch(/^lk_rt_/);
  expect(codeOf(await ask(second.url, viewer, { token: gone.accessToken }))).toBe('TOKEN_REVOKED');
  expect(codeOf(await refresh(second.url, gone.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
  expect(await signIn(second.url, user)).toMatchObject({ accessToken: expect.any(String) });
  expect(await jwksOf(second)).toEqual(keys);
});

async function jwksOf({ url }: Running): Promise<unknown> {
  return (await fetch(new URL('/.well-known/jwks.json', url))).json();
}

test('a name that the upstream has too ends it with 1 and a line whose setting mends it', async () => {
  const upstream = await startHeldUpstream('type Query { viewer: Viewer, hello: String } type Viewer { name: String }');
  onTestFinished(() => upstream.close());
  const config = join(makeDirectory(), 'latchkey.config.json');
  const flags = ['--upstream', upstream.url, '--config', config];
  let settings: { rename: Record<string, string> } = { rename: {} };
  for (const name of ['Query.viewer', 'Viewer']) {
    writeFileSync(config, JSON.stringify(settings));
    const server = await serve(flags);
    expect(await server.exit).toBe(1);
    const line = server.stderr().split('\n').at(-2) ?? '';
    expect(line).toMatch(new RegExp(`^latchkey: The upstream has ${name}, and so does Latchkey\\. Rename ours in `));
    const { rename } = JSON.parse(line.slice(line.indexOf('{')));
    settings = { rename: { ...settings.rename, ...rename } };
  }
  writeFileSync(config, JSON.stringify(settings));
  const server = await serve(flags);
  await inService(server.url);
  expect(await server.stop()).toBe(0);
});
