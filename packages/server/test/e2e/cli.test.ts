import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { addUser, ask, signIn } from './ask.js';
import { demo, dial, makeDirectory, run, type Started, serve, start } from './process.js';

const password = 'four green boats at noon';

/** The words of a command line, as a shell would part them. */
function shell(line: string, options: Parameters<typeof run>[1] = {}) {
  return run(line.split(' ').filter(Boolean), options);
}

describe('help', () => {
  test.each([
    ['', 'Usage: latchkey COMMAND [flags]'],
    ['--help', 'Usage: latchkey COMMAND [flags]'],
    ['-h', 'Usage: latchkey COMMAND [flags]'],
    ['user', 'Usage: latchkey user COMMAND [flags]'],
    ['user -h', 'Usage: latchkey user COMMAND [flags]'],
    ['serve --help', 'Usage: latchkey serve [flags]'],
    ['demo --help', 'Usage: latchkey demo [flags]'],
    ['user add --help', 'Usage: latchkey user add EMAIL [flags]'],
    ['user list -h', 'Usage: latchkey user list [flags]'],
  ])('"latchkey %s" shows it on standard output and exits 0', async (line, usage) => {
    const data = join(makeDirectory(), 'never-made');
    const { code, stdout, stderr } = await shell(line, { data });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(usage);
    expect(() => statSync(data)).toThrow();
  });

  test('a reader that leaves early is no failure', async () => {
    const help = start(['serve', '--help']);
    help.child.stdout?.destroy();
    expect(await help.exit).toBe(0);
    expect(help.stderr()).toBe('');
  });
});

test('the version is that of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  expect(await shell('--version')).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
});

describe('what cannot be understood is one line on standard error and exit code 2:', () => {
  test.each([
    ['a command', 'sreve', {}, 'There is no command "sreve". Did you mean "serve"?'],
    ['a flag', 'serve --prot 1', {}, '"latchkey serve" has no flag --prot. Did you mean --port?'],
    ['a value', 'serve --port x', {}, '--port is "x": port must be a whole number from 0 to 65535.'],
    ['a value of the environment', 'serve', { LATCHKEY_PORT: 'x' }, 'LATCHKEY_PORT is "x": port must be'],
    ['a name of the environment', 'serve', { LATCHKEY_PROT: '1' }, 'Did you mean LATCHKEY_PORT?'],
    ['a config file that is not there', 'serve --config none.json', {}, 'The config file none.json does not exist;'],
    ['a secret that is too short', 'serve', { LATCHKEY_SECRET: 'hunter2' }, 'LATCHKEY_SECRET cannot be used: '],
    [
      'a password as an argument',
      `user add a@b.example ${password.replaceAll(' ', '-')}`,
      {},
      'takes EMAIL, and 2 were',
    ],
  ])('%s', async (_, line, env, message) => {
    const { code, stdout, stderr } = await shell(line, { env });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^latchkey: [^\n]+\n$/);
    expect(stderr).toContain(message);
    expect(stderr).not.toMatch(/hunter2|four-green/);
  });

  test.each([
    ['{ "port": 4000, }', 'is not JSON at line 1, column 17'],
    ['{ "prot": 4000 }', 'There is no setting for "prot" in '],
    ['{ "port": "none" }', 'is "none": port must be a whole number'],
    ['[]', 'must hold one JSON object'],
  ])('the config file %s', async (json, message) => {
    const file = join(makeDirectory(), 'latchkey.config.json');
    writeFileSync(file, json);
    const { code, stdout, stderr } = await run(['serve', '--config', file]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^latchkey: [^\n]+\n$/);
    expect(stderr).toContain(message);
  });
});

describe('serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)('says where it is, and ends with 0 after %s', async (signal) => {
    const server = await serve();
    const [, url] = await server.said(/^Latchkey is open at (\S+), before no API yet: name it with --upstream URL\.$/m);
    expect(url).toBe(server.url);
    expect((await fetch(new URL('/healthz', url))).status).toBe(200);
    server.child.kill(signal);
    expect(await server.exit).toBe(0);
  });

  test('does not wait for what is in flight after a second SIGINT', async () => {
    const server = await serve();
    const caller = await dial(server);
    const headers = 'Content-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue';
    caller.write(`POST /graphql HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n`);
    // The server asks for the body, so the request is in flight.
    await once(caller, 'data');
    server.child.kill('SIGINT');
    await server.said(/"msg":"stopping"/);
    server.child.kill('SIGINT');
    expect(await server.exit).toBe(130);
  });

  test('ends with one line and 1 where its port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    onTestFinished(() => void other.close());
    const { port } = other.address() as { port: number };
    expect(await shell(`serve --port ${port}`)).toEqual({
      code: 1,
      stdout: expect.not.stringContaining('listening'),
      stderr: `latchkey: Port ${port} is taken; stop the program that has it, or give another with --port.\n`,
    });
  });

  test.runIf(process.platform === 'linux')('has four threads more in its pool than the machine has cores', async () => {
    const one = await serve([], { env: { UV_THREADPOOL_SIZE: '1' } });
    const standard = await serve();
    expect(countThreads(standard) - countThreads(one)).toBe(availableParallelism() + 4 - 1);
  });
});

function countThreads({ child }: Started): number {
  return readdirSync(`/proc/${child.pid}/task`).length;
}

describe('user', () => {
  test('add takes the password from standard input, and the user signs in to the server that runs already', async () => {
    const server = await serve();
    const { data } = server;
    const argv = ['user', 'add', ' Ada@Example.COM', '--password-stdin', '--scope', 'b a', '--json'];
    const added = await run(argv, { data, input: `${password}\n` });
    expect(added).toMatchObject({ code: 0, stderr: '' });
    const user = { id: expect.any(String), userName: 'ada@example.com', scope: 'a b' };
    expect(JSON.parse(added.stdout)).toEqual(user);
    const { accessToken } = await signIn(server.url, { userName: 'ada@example.com', password });
    const { body } = await ask(server.url, '{ viewer { userName scope } }', { token: accessToken });
    expect(body.data.viewer).toEqual({ userName: 'ada@example.com', scope: 'a b' });

    const list = await shell('user list --json', { data });
    expect(JSON.parse(list.stdout)).toEqual([
      { ...user, createdAt: expect.any(String), disabledAt: null, quotaPerDay: 'default' },
    ]);
    const [head, row, ...rest] = (await shell('user list', { data })).stdout.split('\n');
    expect(head).toMatch(/^USER NAME +STATE +CREATED +SCOPE$/);
    expect(row).toMatch(/^ada@example\.com +active +\S+Z +a b$/);
    expect(rest).toEqual(['']);
    for (const { stdout } of [added, list]) expect(stdout).not.toContain(password);
    expect(server.stdout() + server.stderr()).not.toContain(password);
  });

  test('add makes a password that is good, and says it once', async () => {
    const server = await serve();
    const words = await shell('user add ada@example.com --generate', { data: server.data });
    const [, made = ''] = /^Added ada@example\.com\.\nPassword, shown this once: (\S{24})\n$/.exec(words.stdout) ?? [];
    expect(await signIn(server.url, { userName: 'ada@example.com', password: made })).toBeTruthy();
    const bob = await addUser(server.data, 'bob@example.com');
    expect(await signIn(server.url, bob)).toBeTruthy();
    for (const secret of [made, bob.password]) expect(server.stdout() + server.stderr()).not.toContain(secret);
  });

  test('add refuses a bad address, a taken one and a weak password, each in one line with exit code 1', async () => {
    const data = makeDirectory();
    await addUser(data, 'ada@example.com');
    const refusals = [
      ['ADA@example.com', password, 'There is a user with this email address.'],
      ['ada', password, 'The user name is not an email address.'],
      ['bob@example.com', 'hunter2hunter2', 'it has 14 characters and needs at least 15'],
      ['bob@example.com', 'passwordpassword', 'The password is refused: '],
      ['bob.robertson@example.com', 'bob.robertson@example.com', 'it is made of the address'],
    ] as const;
    for (const [userName, input, message] of refusals) {
      const { code, stdout, stderr } = await run(['user', 'add', userName, '--password-stdin'], { data, input });
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^latchkey: [^\n]+\n$/);
      expect(stderr).toContain(message);
      expect(stderr).not.toContain(input);
    }
    expect(JSON.parse((await shell('user list --json', { data })).stdout)).toHaveLength(1);
  });

  test('list of nobody says how to add somebody, and is an empty array for scripts', async () => {
    const data = makeDirectory();
    expect((await shell('user list', { data })).stdout).toContain('latchkey user add EMAIL');
    expect(JSON.parse((await shell('user list --json', { data })).stdout)).toEqual([]);
  });
});

describe('the secret', () => {
  test('is a file that its owner alone reads, and is in no output', async () => {
    const server = await serve(['--log-level', 'debug']);
    const file = join(server.data, 'secret');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    await signIn(server.url, await addUser(server.data, 'ada@example.com'));
    expect(await server.stop()).toBe(0);
    expect(server.stdout() + server.stderr()).not.toContain(readFileSync(file, 'utf8').trim());
  });

  test('in a file that others may read is refused, with the command that mends it', async () => {
    const data = makeDirectory();
    await addUser(data, 'ada@example.com');
    const file = join(data, 'secret');
    chmodSync(file, 0o640);
    const refused = await shell('serve --port 0', { data });
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toMatch(/^latchkey: [^\n]+\n$/);
    expect(refused.stderr).toContain(`run: chmod 600 ${file}`);
    chmodSync(file, 0o600);
    expect(await (await serve([], { data })).stop()).toBe(0);
  });

  test('that does not fit the data ends each command with one line and 1, and nothing is changed', async () => {
    const data = makeDirectory();
    const env = { LATCHKEY_SECRET: 'the secret that this data was made with' };
    const flags = ['--public-url', 'https://api.example.com'];
    const first = await serve(flags, { data, env });
    await run(['user', 'add', 'ada@example.com', '--password-stdin'], { data, env, input: password });
    const { accessToken } = await signIn(first.url, { userName: 'ada@example.com', password });
    expect(await first.stop()).toBe(0);

    for (const line of ['serve --port 0', 'user list', 'user add bob@example.com --generate']) {
      const wrong = await shell(line, { data, env: { LATCHKEY_SECRET: 'another secret of the same strength' } });
      expect(wrong).toMatchObject({ code: 1, stdout: '' });
      expect(wrong.stderr).toMatch(/^latchkey: The secret does not fit the data: [^\n]+\n$/);
      expect(wrong.stderr).not.toContain('another secret');
    }

    const second = await serve(flags, { data, env });
    const { body } = await ask(second.url, '{ viewer { userName } }', { token: accessToken });
    expect(body.data.viewer).toEqual({ userName: 'ada@example.com' });
    expect(JSON.parse((await shell('user list --json', { data, env })).stdout)).toHaveLength(1);
    expect(readdirSync(data)).not.toContain('secret');
  });
});

test('demo prints a user who can sign in and ask, and the password at the first start only', async () => {
  const first = await demo();
  const { data } = first;
  const { accessToken } = await signIn(first.url, first);
  const [, query = ''] = /--data '\{"query":"(\{ companies.*)"\}'/.exec(first.stdout()) ?? [];
  const { body } = await ask(first.url, query, { token: accessToken });
  expect(body.data.companies.nodes).toHaveLength(3);
  expect(await first.stop()).toBe(0);

  const second = start(['demo', '--port', '0'], { data });
  await second.said(/Ctrl\+C/);
  expect(second.stdout()).not.toContain(first.password);
  expect(second.stdout()).toContain(`Delete the folder ${data} and start again`);
  second.child.kill('SIGTERM');
  expect(await second.exit).toBe(0);
});
