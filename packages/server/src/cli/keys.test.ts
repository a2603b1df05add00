import { rmSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { makeTempDirectory, startTestServer } from '../../test/harness.js';
import { openShell } from '../../test/shell.js';

type Shell = ReturnType<typeof openShell>;

async function listKeys(shell: Shell, ...argv: string[]) {
  return JSON.parse((await shell(['keys', 'list', '--json', ...argv])).stdout);
}

const minutes = (count: number) => count * 60_000;
const iso = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/;

test('keys list shows the first key, in a table and for scripts', async () => {
  const shell = openShell();
  const [key, ...others] = await listKeys(shell);
  expect(others).toEqual([]);
  const time = expect.stringMatching(iso);
  expect(key).toEqual({
    kid: expect.stringMatching(/^[\w-]{43}$/),
    algorithm: 'ES256',
    state: 'current',
    createdAt: time,
    signsFrom: time,
    verifiesUntil: null,
  });
  const [head, row = '', ...rest] = (await shell(['keys', 'list'])).stdout.split('\n');
  expect(head).toMatch(/^KID {42}ALGORITHM {2}STATE {4}CREATED {19}SIGNS FROM {16}VERIFIES UNTIL$/);
  expect(row.split(/ {2,}/)).toEqual([key.kid, 'ES256', 'current', key.createdAt, key.signsFrom, 'the next rotation']);
  expect(rest).toEqual(['']);
});

test('keys rotate publishes the next key, and says when it signs and until when the other verifies', async () => {
  const shell = openShell();
  const { code, stdout, stderr } = await shell(['keys', 'rotate', '--access-token-lifetime', '2h']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const [current, next] = await listKeys(shell);
  expect([current.state, next.state]).toEqual(['current', 'next']);
  expect(Date.parse(next.signsFrom) - Date.parse(next.createdAt)).toBeCloseTo(minutes(11), -2);
  expect(Date.parse(current.verifiesUntil) - Date.parse(next.signsFrom)).toBe(minutes(125));
  expect(stdout).toBe(
    `The new ES256 key ${next.kid} is published now and signs from ${next.signsFrom}.\n` +
      `The other keys verify until ${current.verifiesUntil}, when all of their tokens have expired.\n`,
  );
});

test('keys rotate --now signs at once, and keeps the other for its tokens', async () => {
  const shell = openShell();
  await shell(['keys', 'list']);
  const { code, stdout } = await shell(['keys', 'rotate', '--now', '--json', '--reason', 'a drill']);
  expect(code).toBe(0);
  const { added, others } = JSON.parse(stdout);
  expect(added.state).toBe('current');
  expect(others.map(({ state }: { state: string }) => state)).toEqual(['retiring']);
});

test('keys rotate --now --reason compromised drops the other keys', async () => {
  const shell = openShell();
  await shell(['keys', 'list']);
  const { code, stdout } = await shell(['keys', 'rotate', '--now', '--reason', 'compromised']);
  expect(code).toBe(0);
  const [old, fresh] = await listKeys(shell);
  expect([old.state, fresh.state]).toEqual(['retired', 'current']);
  expect(stdout).toBe(
    `The new ES256 key ${fresh.kid} signs from now on.\n` +
      'Every other key is dropped: what they signed is refused, and callers refresh or sign in again.\n',
  );
});

test('a server that runs hears of a stolen key: what it signed is refused, and a refresh helps', async () => {
  const server = await startTestServer();
  onTestFinished(() => server.stop());
  const { userName } = await server.addUser('ada@example.com');
  const { accessToken, refreshToken } = await server.signIn(userName);
  const ask = async (token: string) => (await server.ask('{ viewer { userName } }', { token })).body;
  // Verified once, it is remembered.
  expect((await ask(accessToken)).data.viewer).toEqual({ userName });
  const { stdout } = await openShell(server.data)(['keys', 'rotate', '--now', '--reason', 'compromised', '--json']);
  await vi.waitFor(async () => {
    expect((await ask(accessToken)).errors?.[0].extensions.code).toBe('UNAUTHENTICATED');
  });
  const next = (await server.refresh(refreshToken)).body.data.signInRefresh.accessToken;
  expect((await ask(next)).data.viewer).toEqual({ userName });
  const { keys } = (await (await fetch(`${server.origin}/.well-known/jwks.json`)).json()) as {
    keys: { kid: string }[];
  };
  expect(keys.map(({ kid }) => kid)).toEqual([JSON.parse(stdout).added.kid]);
});

test.each([
  [['--reason', 'compromised'], /must not sign for another moment: write --now --reason compromised\.$/],
  [['--reason', ' Compromised '], /write --now --reason compromised\.$/],
  [['--reason', ' '], /--reason is empty/],
  [['--reason', 'x'.repeat(501)], /--reason may have 500 characters/],
])('keys rotate %j is wrong usage, and changes nothing', async (argv, message) => {
  const shell = openShell();
  const { code, stdout, stderr } = await shell(['keys', 'rotate', ...argv]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr.trimEnd()).toMatch(message);
  expect(await listKeys(shell)).toHaveLength(1);
});

test('commands that are set to another algorithm than the servers add no key', async () => {
  const shell = openShell();
  const [key] = await listKeys(shell, '--signing-algorithm', 'EdDSA');
  await shell(['user', 'add', 'ada@example.com', '--generate']);
  await shell(['user', 'list']);
  await shell(['session', 'list', 'ada@example.com']);
  await shell(['token', 'inspect'], 'no token');
  expect(await listKeys(shell, '--signing-algorithm', 'RS256')).toEqual([key]);
  expect(key).toMatchObject({ algorithm: 'EdDSA', state: 'current' });
  const { stdout } = await shell(['keys', 'rotate', '--now', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ added: { algorithm: 'ES256' }, others: [{ kid: key.kid }] });
});

test('a server that is set to another algorithm has its key at the start', async () => {
  const data = await makeTempDirectory();
  const shell = openShell(data);
  await shell(['keys', 'list', '--signing-algorithm', 'EdDSA']);
  const server = await startTestServer({ data });
  onTestFinished(async () => {
    await server.stop();
    rmSync(data, { recursive: true });
  });
  const states = (await listKeys(shell)).map(({ algorithm, state }: Record<string, string>) => [algorithm, state]);
  expect(states).toEqual([
    ['EdDSA', 'retiring'],
    ['ES256', 'current'],
  ]);
});
