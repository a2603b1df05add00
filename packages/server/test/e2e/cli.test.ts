import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const bin = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));

/** Starts the built program, as a shell would, on data of its own. */
function start(argv: readonly string[], env: NodeJS.ProcessEnv = {}, data = makeFolder()) {
  const child = spawn(process.execPath, [bin, ...argv], { env: { LATCHKEY_DATA: data, ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  return { child, output: () => output, exit: once(child, 'close').then(([code]) => code as number | null) };
}

function makeFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves with the match when the program has printed it; rejects if it ends before. */
function printed({ child, output, exit }: ReturnType<typeof start>, pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((resolve, reject) => {
    const look = () => {
      const match = pattern.exec(output());
      if (match) resolve(match);
    };
    look();
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', look);
    exit.then(() => reject(new Error(`It ended without ${pattern}: ${output()}`)));
  });
}

const ready = /Latchkey is open at (\S+),/;

async function signIn(url: string, userName: string, password: string) {
  const query = `mutation { signIn(credentials: { userName: "${userName}", password: "${password}" }) { accessToken } }`;
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return (await response.json()).data.signIn.accessToken;
}

test.each(['SIGTERM', 'SIGINT'] as const)('serve says where it is, and ends with 0 after %s', async (signal) => {
  const server = start(['serve', '--port', '0']);
  const [, url = ''] = await printed(server, ready);
  expect((await fetch(new URL('/healthz', url))).status).toBe(200);
  server.child.kill(signal);
  expect(await server.exit).toBe(0);
});

test('a second SIGINT does not wait for what is in flight', async () => {
  const server = start(['serve', '--port', '0']);
  const [, url = ''] = await printed(server, ready);
  const caller = connect(Number(new URL(url).port), 'localhost');
  await once(caller, 'connect');
  caller.on('error', () => {});
  caller.write(
    'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n',
  );
  // The server asks for the body, so the request is in flight.
  await once(caller, 'data');
  server.child.kill('SIGINT');
  await printed(server, /"msg":"stopping"/);
  server.child.kill('SIGINT');
  expect(await server.exit).toBe(130);
});

test('a port that is taken ends it with one line and 1', async () => {
  const server = start(['serve', '--port', '0']);
  const [, url = ''] = await printed(server, ready);
  const { port } = new URL(url);
  const second = start(['serve', '--port', port]);
  expect(await second.exit).toBe(1);
  expect(second.output()).toBe(
    `latchkey: Port ${port} is taken; stop the program that has it, or give another with --port.\n`,
  );
});

test('a user who is added while the server runs can sign in', async () => {
  const data = makeFolder();
  const server = start(['serve', '--port', '0'], {}, data);
  const [, url = ''] = await printed(server, ready);
  const add = start(['user', 'add', 'ada@example.com', '--generate', '--json'], {}, data);
  expect(await add.exit).toBe(0);
  const { userName, password } = JSON.parse(add.output());
  expect(await signIn(url, userName, password)).toMatch(/^ey/);
  expect(server.output()).not.toContain(password);
});

test('the demo prints a user who can sign in, and the password at the first start only', async () => {
  const data = makeFolder();
  const first = start(['demo', '--port', '0'], {}, data);
  const [, url = ''] = await printed(first, /In a browser +(\S+)/);
  const [, password = ''] = await printed(first, /Password +([a-z2-9]{24}) /);
  await printed(first, /Ctrl\+C/);
  const token = await signIn(url, 'demo@example.com', password);
  const [, body = ''] = /--data '(\{"query":"\{ companies.*)'/.exec(first.output()) ?? [];
  const ask = async () => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return (await fetch(url, { method: 'POST', headers, body })).json();
  };
  await expect.poll(ask, { timeout: 10_000 }).toMatchObject({ data: { companies: { nodes: expect.any(Array) } } });
  first.child.kill('SIGTERM');
  expect(await first.exit).toBe(0);

  const second = start(['demo', '--port', '0'], {}, data);
  await printed(second, /Ctrl\+C/);
  expect(second.output()).not.toContain(password);
  expect(second.output()).toContain(`Delete the folder ${data} and start again`);
  second.child.kill('SIGTERM');
  expect(await second.exit).toBe(0);
});

test.runIf(process.platform === 'linux')(
  'the thread pool has four threads more than the machine has cores',
  async () => {
    const threads = async (env: NodeJS.ProcessEnv) => {
      const server = start(['serve', '--port', '0'], env);
      await printed(server, ready);
      return countThreads(server.child);
    };
    const ofOne = await threads({ UV_THREADPOOL_SIZE: '1' });
    expect((await threads({})) - ofOne).toBe(availableParallelism() + 4 - 1);
  },
);

function countThreads({ pid }: ChildProcess): number {
  return readdirSync(`/proc/${pid}/task`).length;
}

test('a reader that leaves early is no failure', async () => {
  const help = start(['serve', '--help']);
  help.child.stdout?.destroy();
  expect(await help.exit).toBe(0);
  expect(help.output()).toBe('');
});
