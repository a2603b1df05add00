import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { listSettings } from '../config/schema.js';
import { commands } from './commands.js';
import { run } from './run.js';

/** Runs a command line in this process and returns what a shell would see. */
async function shell(line: string, env: NodeJS.ProcessEnv = {}) {
  const io = { stdin: new PassThrough().end(), stdout: new PassThrough(), stderr: new PassThrough() };
  const code = await run(line.split(' ').filter(Boolean), env, io);
  io.stdout.end();
  io.stderr.end();
  return { code, stdout: await text(io.stdout), stderr: await text(io.stderr) };
}

test.each(['', '--help', '-h'])('"latchkey %s" shows every command and the exit codes', async (line) => {
  const { code, stdout, stderr } = await shell(line);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const { name, summary } of commands) expect(stdout).toMatch(new RegExp(`^  ${name} +${summary}`, 'm'));
  expect(stdout).toContain('Exit codes');
});

test('a group of commands shows its own', async () => {
  const { code, stdout } = await shell('user --help');
  expect(code).toBe(0);
  expect(stdout).toContain('Usage: latchkey user COMMAND [flags]');
  expect(stdout).toContain('user add');
  expect(stdout).not.toContain('demo');
});

test('the version is that of the package', async () => {
  expect((await shell('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each(commands)('"latchkey $name --help" fits a terminal of 80 columns', async ({ name, settings }) => {
  const { code, stdout } = await shell(`${name} --help`);
  expect(code).toBe(0);
  const [body = ''] = stdout.split('\nExamples');
  expect(body.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).toContain(`Usage: latchkey ${name}`);
  const withFlag = listSettings().filter(
    ({ key, setting }) => settings.includes(key) && (setting.from?.includes('flag') ?? true),
  );
  expect(stdout.match(/\[LATCHKEY_/g)?.length).toBe(withFlag.length);
});

test('help shows the default and the environment name of a setting', async () => {
  const { stdout } = await shell('serve --help');
  expect(stdout).toMatch(
    /--upstream-timeout DURATION\n? +How long the upstream may take to answer\.\n +Default: 30s\. +\[LATCHKEY_UPSTREAM_TIMEOUT\]/,
  );
  expect(stdout).toContain('LATCHKEY_SECRET');
  expect(stdout).not.toContain('--secret');
});

test('help wins over everything else on the line', async () => {
  expect((await shell('serve --nonsense --help')).code).toBe(0);
});

const all = `There are ${commands.map(({ name }) => name).join(', ')}.`;

test.each([
  ['sreve', `There is no command "sreve". Did you mean "serve"? ${all}`],
  ['fly', `There is no command "fly". ${all}`],
  [
    'user lits',
    'There is no command "user lits". Did you mean "user list"? There are user add, user list, user disable, user enable, user password, user quota.',
  ],
  ['--port 1 serve', 'Put the flags behind the command: latchkey COMMAND --port …'],
  ['--verbose', 'latchkey has no flag --verbose. See latchkey --help.'],
  ['serve --prot 1', '"latchkey serve" has no flag --prot. Did you mean --port? See latchkey serve --help.'],
  ['serve -x', '"latchkey serve" has no flag -x. See latchkey serve --help.'],
  ['serve --secret hunter2', '--secret is no flag: secret is set with LATCHKEY_SECRET.'],
  ['serve --rename x', '--rename is no flag: rename is set with "rename" in the config file.'],
  ['serve --port', '--port needs a value: write --port VALUE, or --port=VALUE.'],
  ['serve --upstream --port 1', '--upstream needs a value: write --upstream VALUE, or --upstream=VALUE.'],
  ['serve --port 1 --port 2', '--port is given twice; give it once.'],
  ['serve --port=70000', '--port is "70000": port must be a whole number from 0 to 65535.'],
  ['serve 4000', '"latchkey serve" takes no argument, and 1 were given: latchkey serve'],
  ['user list --json=yes', '--json takes no value: write --json alone.'],
  ['user add', '"latchkey user add" takes EMAIL, and 0 were given: latchkey user add EMAIL'],
  ['user add a@b.example', 'There is no terminal to ask on; pipe the password in with --password-stdin.'],
  [
    'user add a@b.example --generate --password-stdin',
    '--generate and --password-stdin exclude each other; give one of them.',
  ],
  ['user add a@b.example --password-stdin', 'Standard input is empty; pipe the password in.'],
  ['user password a@b.example --password-stdin', 'Standard input is empty; pipe the password in.'],
  ['user disable', '"latchkey user disable" takes EMAIL, and 0 were given: latchkey user disable EMAIL'],
  ['session revoke', 'Give the id of a session, or --user EMAIL; "latchkey session list EMAIL" shows the ids.'],
  [
    'session revoke abc --user a@b.example',
    'Give the id of a session, or --user EMAIL; "latchkey session list EMAIL" shows the ids.',
  ],
  [
    'session revoke abc def',
    '"latchkey session revoke" takes [SESSION_ID], and 2 were given: latchkey session revoke [SESSION_ID]',
  ],
])('"latchkey %s" is wrong usage: one line and exit code 2', async (line, message) => {
  expect(await shell(line)).toEqual({ code: 2, stdout: '', stderr: `latchkey: ${message}\n` });
});

test('a bad environment is a bad setting', async () => {
  const { code, stderr } = await shell('serve', { LATCHKEY_PORT: 'x' });
  expect(code).toBe(2);
  expect(stderr).toBe('latchkey: LATCHKEY_PORT is "x": port must be a whole number from 0 to 65535.\n');
});

test.each([
  'user add a@b.example hunter2',
  'user add a@b.example --password=hunter2',
  'user add a@b.example --password hunter2',
  'user password a@b.example hunter2',
])('"latchkey %s" does not repeat what may be a password', async (line) => {
  const { code, stderr } = await shell(line);
  expect(code).toBe(2);
  expect(stderr).not.toContain('hunter2');
});
