import { expect, onTestFinished, test, vi } from 'vitest';
import { sendJson, startScripted } from '../scripted-upstream.js';
import { openShell } from '../shell.js';
import { ask, signIn } from './ask.js';
import { inService, makeDirectory, type Running, serve } from './process.js';

const password = 'four green boats at noon';
const [ada, bob] = ['ada@example.com', 'bob@example.com'];

/** A server of its own process before an upstream, with Ada and Bob. */
async function open() {
  const upstream = await startScripted((response) => sendJson(response, { data: { hello: 'world' } }));
  onTestFinished(() => upstream.close());
  const data = makeDirectory();
  const shell = openShell(data);
  for (const userName of [ada, bob]) await shell(['user', 'add', userName, '--password-stdin'], password);
  let server: Running;
  const tokens = new Map<string, string>();
  const start = async () => {
    server = await serve(['--upstream', upstream.url], { data });
    await inService(server.url);
    for (const userName of [ada, bob]) {
      tokens.set(userName, (await signIn(server.url, { userName, password })).accessToken);
    }
    return server;
  };
  return {
    start,
    /** The status of a request of the user. */
    async request(name: string, userName = ada): Promise<number> {
      const token = tokens.get(userName) as string;
      return (await ask(server.url, `query ${name} { hello }`, { token })).status;
    },
    /** Requests of Ada by operation, as the operator is shown them. */
    async recorded(): Promise<Record<string, number>> {
      const { stdout } = await shell(['usage', ada, '--json']);
      const lines = JSON.parse(stdout) as { operation: string; requests: number }[];
      return Object.fromEntries(lines.map(({ operation, requests }) => [operation, requests]));
    },
    shell,
  };
}

test('a server that is killed loses at most what it counted since it last wrote, and one that stops loses nothing', async () => {
  const { start, request, recorded, shell } = await open();
  const first = await start();
  for (let i = 0; i < 3; i++) await request('Written');
  expect(await request('A', bob)).toBe(200);
  // Heard of at the same time as it writes.
  await shell(['user', 'quota', bob, '1']);
  const soon = { timeout: 8_000, interval: 50 };
  await vi.waitFor(async () => expect(await recorded()).toEqual({ Written: 3 }), soon);
  await vi.waitFor(async () => expect(await request('A', bob)).toBe(429), soon);
  expect(await request('Lost')).toBe(200);
  first.child.kill('SIGKILL');
  await first.exit;
  expect(await recorded()).toEqual({ Written: 3 });

  const second = await start();
  expect(await request('A', bob)).toBe(429);
  expect(await request('Written')).toBe(200);
  expect(await second.stop()).toBe(0);
  expect(await recorded()).toEqual({ Written: 4 });
}, 30_000);
