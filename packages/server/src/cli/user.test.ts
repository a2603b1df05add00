import { expect, test } from 'vitest';
import { openShell } from '../../test/shell.js';

const password = 'four green boats at noon';

test('a user is added with the password from standard input, and listed', async () => {
  const shell = openShell();
  const argv = ['user', 'add', ' Ada@Example.com', '--password-stdin', '--scope', 'b a', '--json'];
  const { code, stdout } = await shell(argv, `${password}\n`);
  expect(code).toBe(0);
  const added = JSON.parse(stdout);
  expect(added).toEqual({ id: expect.any(String), userName: 'ada@example.com', scope: 'a b' });

  await shell(['user', 'add', 'bob@example.com', '--password-stdin'], password);
  const [ada, bob, ...others] = JSON.parse((await shell(['user', 'list', '--json'])).stdout);
  expect(ada).toEqual({
    ...added,
    createdAt: expect.stringMatching(/^\d{4}-.+Z$/),
    disabledAt: null,
    quotaPerDay: 'default',
  });
  expect(bob.userName).toBe('bob@example.com');
  expect(others).toEqual([]);

  const table = (await shell(['user', 'list'])).stdout.split('\n');
  expect(table[0]).toMatch(/^USER NAME {8}STATE {3}CREATED {19}SCOPE$/);
  expect(table[1]).toMatch(/^ada@example.com {2}active {2}\S{24} {2}a b$/);
});

test('what is said in words names the user, and never the password', async () => {
  const { stdout } = await openShell()(['user', 'add', 'ada@example.com', '--password-stdin'], password);
  expect(stdout).toBe('Added ada@example.com.\n');
});

test('a made password is printed once', async () => {
  const shell = openShell();
  const { stdout } = await shell(['user', 'add', 'ada@example.com', '--generate']);
  expect(stdout).toMatch(/^Added ada@example.com.\nPassword, shown this once: [a-z2-9]{24}\n$/);
  const { stdout: json } = await shell(['user', 'add', 'bob@example.com', '--generate', '--json']);
  expect(JSON.parse(json).password).toMatch(/^[a-z2-9]{24}$/);
});

test.each([
  [
    'a user name that is taken',
    'ada@example.com',
    password,
    /^latchkey: There is a user with this email address\. Use /,
  ],
  ['a user name that is no address', 'ada', password, /^latchkey: The user name is not an email address\. Give /],
  ['a password that is too short', 'bob@example.com', 'hunter2', /^latchkey: .*15.*\n$/],
])('%s is refused in one line with exit code 1', async (_, userName, input, line) => {
  const shell = openShell();
  await shell(['user', 'add', 'ada@example.com', '--password-stdin'], password);
  const { code, stdout, stderr } = await shell(['user', 'add', userName, '--password-stdin'], input);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(line);
  expect(stderr.split('\n')).toHaveLength(2);
  expect(stderr).not.toContain(input);
});

test('with no users the list says how to add one, and is an empty array for scripts', async () => {
  const shell = openShell();
  expect((await shell(['user', 'list'])).stdout).toContain('latchkey user add EMAIL');
  expect(JSON.parse((await shell(['user', 'list', '--json'])).stdout)).toEqual([]);
});

test('a data directory that cannot be used is one line and exit code 1', async () => {
  const { code, stderr } = await openShell()(['user', 'list', '--data', '/dev/null/data']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^latchkey: .*\/dev\/null\/data.*\n$/);
});
