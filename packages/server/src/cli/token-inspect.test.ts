import { describe, expect, onTestFinished, test } from 'vitest';
import { startTestServer } from '../../test/harness.js';
import { openShell } from '../../test/shell.js';
import { relative } from './token-inspect-words.js';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A server on which Ada has signed in, and a shell beside it that knows its address. */
async function openOffice() {
  const server = await startTestServer();
  onTestFinished(() => server.stop());
  const { userName } = await server.addUser('ada@example.com');
  const tokens = await server.signIn(userName);
  const shell = openShell(server.data);
  const inspect = (token: string, ...argv: string[]) =>
    shell(['token', 'inspect', '--public-url', server.origin, ...argv], token);
  const inspectJson = async (token: string) => JSON.parse((await inspect(token, '--json')).stdout);
  return { server, tokens, shell, inspect, inspectJson };
}

const firstLine = ({ stdout }: { stdout: string }) => stdout.split('\n')[0];

describe('an access token', () => {
  test('that is good is explained, whether or not Bearer stands before it', async () => {
    const { server, tokens, inspect, inspectJson } = await openOffice();
    const { code, stdout, stderr } = await inspect(`Bearer ${tokens.accessToken}\n`);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(firstLine({ stdout })).toBe('Good: this access token is good; it is accepted.');
    expect(stdout).toMatch(new RegExp(`^Issuer +${server.origin}$`, 'm'));
    expect(stdout).toMatch(/^User +ada@example\.com \([\w-]{36}\)$/m);
    expect(stdout).toMatch(/^Session +[\w-]{22}, living$/m);
    expect(stdout).toMatch(/^Expires +\S+Z, in 59 minutes$/m);
    expect(stdout).toMatch(/^Signed by +[\w-]{43}, a current key$/m);
    expect(await inspectJson(tokens.accessToken)).toMatchObject({
      kind: 'access token',
      verdict: 'good',
      isAuthentic: true,
      userName: 'ada@example.com',
      session: { state: 'living' },
    });
  });

  test('of a session that was ended is revoked', async () => {
    const { tokens, shell, inspect } = await openOffice();
    await shell(['session', 'revoke', '--user', 'ada@example.com']);
    const inspected = await inspect(tokens.accessToken);
    expect(inspected.code).toBe(1);
    expect(firstLine(inspected)).toBe('Revoked: this access token is revoked; its session has ended.');
  });

  test('of a key that was dropped is revoked', async () => {
    const { tokens, shell, inspect } = await openOffice();
    await shell(['keys', 'rotate', '--now', '--reason', 'compromised']);
    const { code, stdout } = await inspect(tokens.accessToken);
    expect(code).toBe(1);
    expect(firstLine({ stdout })).toMatch(/^Revoked: .*; the key that it names is retired, /);
    expect(stdout).toMatch(/^Signed by .*, a retired key$/m);
  });

  test('for another server is not ours, and it says who this one is', async () => {
    const { server, tokens, shell } = await openOffice();
    const argv = ['token', 'inspect', '--public-url', 'https://other.example'];
    const { code, stdout } = await shell(argv, tokens.accessToken);
    expect(code).toBe(1);
    expect(firstLine({ stdout })).toContain('not one of ours; this server issues tokens as https://other.example.');
    expect(stdout).toContain(server.origin);
  });

  test('that was changed is judged by nothing that was written into it', async () => {
    const { tokens, inspect } = await openOffice();
    const [header, payload, signature] = tokens.accessToken.split('.');
    const claims = JSON.parse(Buffer.from(payload ?? '', 'base64url').toString());
    const changed = await inspect(`${header}.${encode({ ...claims, exp: 1 })}.${signature}`);
    expect(firstLine(changed)).toContain('its signature does not fit');
    expect(changed.stdout).toContain('Nobody vouches for what it says:');
    expect(changed.code).toBe(1);
  });
});

describe('a refresh token', () => {
  test('tells what a refresh would do, before and after one, and changes nothing', async () => {
    const { server, tokens, inspect, inspectJson } = await openOffice();
    const { refreshToken } = tokens;
    const fresh = await inspect(refreshToken);
    expect(fresh.code).toBe(0);
    expect(firstLine(fresh)).toBe('Good: this refresh token is good; it is the current one.');
    expect(fresh.stdout).toMatch(/^A refresh would +give the next pair of tokens$/m);
    const second = (await server.refresh(refreshToken)).body.data.signInRefresh.refreshToken;
    expect(await inspectJson(refreshToken)).toMatchObject({
      verdict: 'good',
      refreshWould: 'retry',
      generation: { presented: 0, current: 1 },
    });
    const third = (await server.refresh(second)).body.data.signInRefresh.refreshToken;
    const replayed = await inspect(refreshToken);
    expect(replayed.code).toBe(1);
    expect(firstLine(replayed)).toMatch(/^Revoked: .* it was used before, and another has taken its place\.$/);
    expect(replayed.stdout).toContain('be taken for a theft, and end the session');
    // It was only looked at.
    expect((await server.refresh(third)).body.data).toBeTruthy();
  });

  test('of another secret, or damaged, is not ours', async () => {
    const { tokens, inspect } = await openOffice();
    const damaged = `${tokens.refreshToken.slice(0, -4)}AAAA`;
    const inspected = await inspect(damaged);
    expect(inspected.code).toBe(1);
    expect(firstLine(inspected)).toMatch(/^Not ours: this refresh token is not one of ours; /);
  });
});

// ESC ] 0 names the window, U+009B begins an escape sequence, U+202E turns the text around.
const steering = '\u001b]0;owned\u0007\u009b2J\u202e\r\n\u0000Good: this access token is good';

describe('what an attacker may send', () => {
  test.each([
    ['a megabyte', 'A'.repeat(1_000_000)],
    ['a megabyte of dots', '.'.repeat(1_000_000)],
    ['a megabyte that begins like ours', 'lk_rt_'.padEnd(1_000_000, 'A')],
    ['bytes that are no text', Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7) % 256)).toString('latin1')],
    ['a header that is no object', `${encode(null)}.${encode({})}.AA`],
    ['a deep nest', `${Buffer.from('['.repeat(5000)).toString('base64url')}.e30.AA`],
    ['claims of the wrong types', `${encode({ kid: 'x' })}.${encode({ iss: {}, iat: 1e300, exp: 'x', sid: [] })}.AA`],
    ['claims that steer', `${encode({ kid: steering })}.${encode({ iss: steering, scope: steering })}.AA`],
    ['a token that steers', `${steering}.${steering}.${steering}`],
    ['names of the prototype', `${encode({ kid: '__proto__' })}.${encode({ sub: 'constructor' })}.AA`],
  ])('%s is not ours, and nothing of it steers the terminal', async (_, token) => {
    const shell = openShell();
    for (const argv of [[], ['--json']]) {
      const { code, stdout, stderr } = await shell(['token', 'inspect', ...argv], token);
      expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
      expect(stdout).toMatch(argv.length > 0 ? /"verdict":"not ours"/ : /^Not ours: /);
      expect(stdout.length).toBeLessThan(20_000);
      expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
      expect(stdout).not.toMatch(/^Good/m);
    }
  });

  test('nothing, or a token as an argument, is wrong usage that does not repeat it', async () => {
    const shell = openShell();
    expect(await shell(['token', 'inspect'], ' \n')).toMatchObject({ code: 2, stdout: '' });
    const { code, stderr } = await shell(['token', 'inspect', 'lk_rt_secret']);
    expect(code).toBe(2);
    expect(stderr).not.toContain('lk_rt_secret');
  });
});

test.each([
  [0, 'now'],
  [999, 'now'],
  [-1000, '1 second ago'],
  [12 * 60_000, 'in 12 minutes'],
  [-3 * 3_600_000 - 1, '3 hours ago'],
  [86_400_000, 'in 1 day'],
])('%d ms from now is "%s"', (distance, words) => {
  expect(relative(1e12 + distance, 1e12)).toBe(words);
});
