import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { password, startTestServer } from '../../test/harness.js';
import { createTestDatabase } from '../../test/postgres/database.js';
import { openShell } from '../../test/shell.js';

const userName = 'ada@example.com';
const newPassword = 'nine amber kettles on a ferry';

/** A server with Ada, and a shell on its data. */
async function openOffice(sessions = 0) {
  const server = await startTestServer();
  onTestFinished(() => server.stop());
  await server.addUser(userName);
  for (let i = 0; i < sessions; i++) await server.signIn(userName);
  const shell = openShell(server.data);
  const signInWith = async (word: string) => {
    const credentials = { userName, password: word };
    const query = 'mutation ($of: SignInCredentials!) { signIn(credentials: $of) { accessToken } }';
    const { body } = await server.ask(query, { variables: { of: credentials } });
    return body.data ? 'signed in' : body.errors[0].extensions.code;
  };
  const list = async () => JSON.parse((await shell(['session', 'list', userName, '--json'])).stdout);
  return { server, shell, signInWith, list };
}

const done = (stdout: string) => ({ code: 0, stdout, stderr: '' });

describe('user disable', () => {
  test('locks the user out of a server that runs, and says what ended', async () => {
    const { shell, signInWith, list } = await openOffice(3);
    expect(await shell(['user', 'disable', ' Ada@Example.com'])).toEqual(
      done('Disabled ada@example.com and ended 3 sessions; their access tokens are refused from now on.\n'),
    );
    expect(await signInWith(password)).toBe('INVALID_CREDENTIALS');
    expect(await list()).toEqual([]);
    expect((await shell(['user', 'list'])).stdout).toMatch(/^ada@example\.com {2}disabled /m);
  });

  test('says it where the user was disabled already', async () => {
    const { shell } = await openOffice();
    expect(await shell(['user', 'disable', userName])).toEqual(done('Disabled ada@example.com, who had no session.\n'));
    const again = done('ada@example.com is disabled already; nothing was changed.\n');
    expect(await shell(['user', 'disable', userName])).toEqual(again);
    const { stdout } = await shell(['user', 'disable', userName, '--json']);
    expect(JSON.parse(stdout)).toEqual({ userName, wasDisabled: true, sessionsEnded: 0 });
  });
});

test('user enable lets the user in again, and says it where nothing was to do', async () => {
  const { shell, signInWith } = await openOffice();
  await shell(['user', 'disable', userName]);
  expect(await shell(['user', 'enable', userName])).toEqual(done('Enabled ada@example.com, who can sign in again.\n'));
  expect(await signInWith(password)).toBe('signed in');
  expect(await shell(['user', 'enable', userName])).toEqual(
    done('ada@example.com is not disabled; nothing was changed.\n'),
  );
});

describe('user password', () => {
  test('takes it from standard input, ends the sessions and never shows it', async () => {
    const { shell, signInWith, list } = await openOffice(1);
    const argv = ['user', 'password', userName, '--password-stdin'];
    expect(await shell(argv, `${newPassword}\n`)).toEqual(
      done('Changed the password of ada@example.com and ended 1 session.\n'),
    );
    expect(await list()).toEqual([]);
    expect(await signInWith(password)).toBe('INVALID_CREDENTIALS');
    expect(await signInWith(newPassword)).toBe('signed in');
  });

  test('makes one, and shows it once', async () => {
    const { shell, signInWith } = await openOffice();
    const { stdout } = await shell(['user', 'password', userName, '--generate', '--json']);
    const { password: made, ...rest } = JSON.parse(stdout);
    expect(rest).toEqual({ userName, isDisabled: false, sessionsEnded: 0 });
    expect(await signInWith(made)).toBe('signed in');
    const words = (await shell(['user', 'password', userName, '--generate'])).stdout;
    expect(words).toMatch(
      /^Changed the password of ada@example.com and ended 1 session\.\nPassword, shown this once: [a-z2-9]{24}\n$/,
    );
  });

  test('of a disabled user is changed, and the user stays out', async () => {
    const { shell, signInWith } = await openOffice();
    await shell(['user', 'disable', userName]);
    expect(await shell(['user', 'password', userName, '--password-stdin'], newPassword)).toEqual(
      done('Changed the password of ada@example.com and ended no session.\nada@example.com is still disabled.\n'),
    );
    expect(await signInWith(newPassword)).toBe('INVALID_CREDENTIALS');
  });
});

describe('session list', () => {
  test('shows the living sessions, the newest first', async () => {
    const { server, shell, list } = await openOffice();
    const { refreshToken } = await server.signIn(userName);
    server.clock.advance(60_000);
    await server.refresh(refreshToken);
    await server.signIn(userName);
    const [newest, oldest, ...others] = await list();
    expect(others).toEqual([]);
    const time = (before: number) => new Date(server.clock() - before).toISOString();
    const anything = { idleExpiresAt: expect.any(String), expiresAt: expect.any(String) };
    const origin = { source: '127.0.0.1', userAgent: expect.stringMatching(/./) };
    const id = expect.stringMatching(/^[\w-]{22}$/);
    expect(newest).toEqual({ id, createdAt: time(0), lastUsedAt: time(0), ...anything, ...origin });
    expect(oldest).toEqual({ id, createdAt: time(60_000), lastUsedAt: time(0), ...anything, ...origin });
    const [head, first = '', second = '', ...rest] = (await shell(['session', 'list', userName])).stdout.split('\n');
    expect(head).toMatch(/^ID {22}SIGNED IN {17}LAST USED {17}SOURCE {5}PROGRAM$/);
    expect(first.split('  ').slice(0, 4)).toEqual([newest.id, time(0), time(0), '127.0.0.1']);
    expect(second.split('  ').slice(0, 4)).toEqual([oldest.id, time(60_000), time(0), '127.0.0.1']);
    expect(rest).toEqual(['']);
  });

  test('of a user who has none says so, and is an empty array for scripts', async () => {
    const { shell, list } = await openOffice();
    expect(await shell(['session', 'list', userName])).toEqual(done('ada@example.com has no session.\n'));
    expect(await list()).toEqual([]);
  });
});

describe('session revoke', () => {
  test('ends one session and no other', async () => {
    const { shell, list } = await openOffice(2);
    const [kept, { id }] = await list();
    expect(await shell(['session', 'revoke', '--', id])).toEqual(
      done(`Ended the session ${id} of ada@example.com; its access tokens are refused from now on.\n`),
    );
    expect(await list()).toEqual([kept]);
    const again = await shell(['session', 'revoke', '--', id]);
    expect(again).toMatchObject({ code: 1, stdout: '' });
    expect(again.stderr).toMatch(/^latchkey: There is no session with this id that has not ended\. [^\n]+\n$/);
  });

  test('--user ends all of a user, who can sign in again', async () => {
    const { shell, list, signInWith } = await openOffice(2);
    const argv = ['session', 'revoke', '--user', userName];
    expect(await shell(argv)).toEqual(
      done('Ended 2 sessions of ada@example.com; their access tokens are refused from now on.\n'),
    );
    expect(await list()).toEqual([]);
    expect(await shell(argv)).toEqual(done('ada@example.com has no session; nothing was changed.\n'));
    expect(await signInWith(password)).toBe('signed in');
    expect(JSON.parse((await shell([...argv, '--json'])).stdout)).toEqual({ userName, sessionsEnded: 1 });
  });
});

test('a user name from before the rule for names does not steer the terminal', async () => {
  const { server, shell, list } = await openOffice(1);
  const [{ id }] = await list();
  const db = new DatabaseSync(join(server.data, 'latchkey.db'), { timeout: 5000 });
  db.prepare('UPDATE users SET user_name = ?').run('ada\u009b2J\u202e@example.com');
  db.close();
  for (const argv of [
    ['user', 'list'],
    ['user', 'list', '--json'],
    ['session', 'revoke', '--', id],
  ]) {
    const { code, stdout } = await shell(argv);
    expect(code).toBe(0);
    expect(stdout).toContain('@example.com');
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  }
});

test('all of it works on PostgreSQL, whatever is given as an id', async () => {
  const { url: database } = await createTestDatabase();
  const secret = 'a secret that every node of this test has';
  const server = await startTestServer({ database, secret });
  onTestFinished(() => server.stop());
  const shell = openShell(undefined, { LATCHKEY_DATABASE: database, LATCHKEY_SECRET: secret });
  await shell(['user', 'add', userName, '--password-stdin'], password);
  const { accessToken: token } = await server.signIn(userName);
  await server.signIn(userName);
  const query = 'mutation ($id: ID!) { revokeSession(id: $id) { sessionsEnded } }';
  for (const id of ['a\0b', `${'A'.repeat(21)}\0`, '\ud800', 'A'.repeat(22)]) {
    const { body } = await server.ask(query, { token, variables: { id } });
    expect(body).toEqual({ data: { revokeSession: { sessionsEnded: 0 } } });
    expect((await shell(['session', 'revoke', id])).stderr).toMatch(/^latchkey: There is no session with this id /);
  }
  const [{ id }, ...others] = JSON.parse((await shell(['session', 'list', userName, '--json'])).stdout);
  expect(others).toHaveLength(1);
  expect((await shell(['session', 'revoke', '--', id])).stdout).toContain(`Ended the session ${id}`);
  const argv = ['user', 'password', userName, '--password-stdin'];
  expect((await shell(argv, newPassword)).stdout).toContain('and ended 1 session.');
  expect((await shell(['user', 'disable', userName])).stdout).toBe('Disabled ada@example.com, who had no session.\n');
  expect((await shell(['user', 'enable', userName])).stdout).toContain('Enabled ada@example.com');
  expect((await shell(['session', 'revoke', '--user', userName])).stdout).toContain('has no session');
});

test.each([
  ['user', 'disable'],
  ['user', 'enable'],
  ['user', 'password', '--generate'],
  ['session', 'list'],
  ['session', 'revoke', '--user'],
])('%s %s of a user who is not there, or of what is no address, is one line and exit code 1', async (...argv) => {
  const shell = openShell();
  for (const [name, message] of [
    ['bob@example.com', 'There is no user with this email address. Look for the right one with "latchkey user list".'],
    ['bob', 'The user name is not an email address. '],
  ] as const) {
    const { code, stdout, stderr } = await shell([...argv, name]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^latchkey: [^\n]+\n$/);
    expect(stderr).toContain(message);
  }
});
