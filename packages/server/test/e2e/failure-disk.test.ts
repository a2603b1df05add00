import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { addUser, ask, codeOf, refresh, signIn, signOut } from './ask.js';
import { startHeldUpstream } from './held-upstream.js';
import { bin, follow, inService, makeDirectory, type Running, serve } from './process.js';
import { findTool } from './tool.js';

/** An answer of /readyz stands for a second. */
const shortly = { timeout: 5_000, interval: 50 };

/** A server whose disk the test can fill. */
interface Full {
  readonly server: Running;
  fill(): void;
  free(): void;
}

type Start = (argv: readonly string[], data: string) => Promise<Full>;

const prlimit = findTool('prlimit', ['prlimit'], '--version');

/** A limit of the size of files, which no write keeps within: any user may set it, for any process of theirs. */
const startLimited: Start = async (argv, data) => {
  const server = await serve(argv, { data });
  const limit = (bytes: string) => spawnSync('prlimit', ['--pid', String(server.child.pid), `--fsize=${bytes}:`]);
  return { server, fill: () => void limit('0'), free: () => void limit('unlimited') };
};

/** Root needs no namespace of users for a mount of its own, and for others it is not allowed everywhere. */
const unshare = ['--mount', ...(process.geteuid?.() === 0 ? [] : ['--map-root-user'])];

const mount = 'mount -t tmpfs -o size=1m,mode=700 none "$0"';

const canMount = spawnSync('unshare', [...unshare, 'sh', '-c', mount, makeDirectory()]).status === 0;

/** A file system of 1 MB, which only the server sees and which goes when it ends. */
const startOnSmallDisk: Start = async (argv, data) => {
  const disk = makeDirectory();
  const script = `${mount} && cp "$1"/* "$0" && shift && exec "$@"`;
  const command = [process.execPath, bin, 'serve', '--port', '0', ...argv];
  const child = spawn('unshare', [...unshare, 'sh', '-c', script, disk, data, ...command], {
    env: { PATH: process.env.PATH, LATCHKEY_DATA: disk },
  });
  const started = follow(child, disk);
  const [, port] = await started.said(/"port":(\d+)/);
  const stop = () => {
    child.kill('SIGTERM');
    return started.exit;
  };
  const filler = join(`/proc/${child.pid}/root`, disk, 'filler');
  return {
    server: { ...started, url: `http://localhost:${port}/graphql/`, stop },
    fill: () => {
      for (const size of [65_536, 4_096, 1]) fillWith(filler, size);
    },
    free: () => rmSync(filler),
  };
};

/** Appends to the file until there is no room. */
function fillWith(file: string, size: number): void {
  try {
    for (;;) appendFileSync(file, Buffer.alloc(size));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
}

const original = makeDirectory();
let user: { userName: string; password: string };

beforeAll(async () => {
  user = await addUser(original, 'ada@example.com');
});

/** A server on data with a user in it, before an upstream. */
async function open(startOn: Start) {
  const upstream = await startHeldUpstream();
  onTestFinished(() => upstream.close());
  const data = makeDirectory();
  cpSync(original, data, { recursive: true });
  const full = await startOn(['--upstream', upstream.url, '--public-url', 'https://api.example.com'], data);
  await inService(full.server.url);
  return { ...full, data, url: full.server.url };
}

/** Refreshes until it is refused: what there is room for still goes through. Returns the last token of an answer. */
async function refreshUntilFull(url: string, first: string): Promise<string> {
  let last = first;
  for (let times = 0; times < 500; times++) {
    const answer = await refresh(url, last);
    if (codeOf(answer) === 'STORE_UNAVAILABLE') return last;
    last = answer.body.data.signInRefresh.refreshToken;
  }
  throw new Error('The disk is never full.');
}

const statusOf = async (url: string, path: string) => (await fetch(new URL(path, url))).status;

const ways: [string, Start, boolean][] = [
  ['a disk that takes no more writes', startLimited, prlimit !== undefined],
  ['a disk that is full', startOnSmallDisk, canMount],
];

for (const [name, startOn, isPossible] of ways) {
  if (!isPossible) console.log(`Left out: ${name}, which cannot be made here.`);
  test.runIf(isPossible)(
    `on ${name} nothing new is stored, tokens pass, and nothing that was answered is lost`,
    async () => {
      const { url, server, fill, free } = await open(startOn);
      const [going, ended] = [await signIn(url, user), await signIn(url, user)];
      await signOut(url, ended.accessToken);
      fill();

      const last = await refreshUntilFull(url, going.refreshToken);
      const credentials = { userName: user.userName, password: user.password };
      const refused = [
        refresh(url, last),
        ask(url, 'mutation ($of: SignInCredentials!) { signIn(credentials: $of) { accessToken } }', {
          variables: { of: credentials },
        }),
        signOut(url, going.accessToken),
      ];
      for (const answer of await Promise.all(refused)) {
        expect(codeOf(answer)).toBe('STORE_UNAVAILABLE');
        expect(answer.status).toBe(503);
        expect(answer.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
      }
      const token = going.accessToken;
      expect((await ask(url, '{ hello }', { token })).body).toEqual({ data: { hello: 'world' } });
      expect((await ask(url, '{ viewer { userName } }', { token })).body.data.viewer).toEqual({
        userName: user.userName,
      });
      expect(codeOf(await ask(url, '{ hello }', { token: ended.accessToken }))).toBe('TOKEN_REVOKED');
      await vi.waitFor(async () => expect(await statusOf(url, '/readyz')).toBe(503), shortly);
      expect(await statusOf(url, '/healthz')).toBe(200);

      free();
      await vi.waitFor(async () => expect(await statusOf(url, '/readyz')).toBe(200), shortly);
      expect((await refresh(url, last)).body.data.signInRefresh.refreshToken).toMatch(/^lk_rt_/);
      await signIn(url, user);
      expect((await signOut(url, token)).body).toEqual({ data: { signOut: { sessionsEnded: 1 } } });
      expect(codeOf(await refresh(url, ended.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
      expect(await server.stop()).toBe(0);
    },
  );
}

test.runIf(prlimit)('SIGTERM ends it with 0 while nothing can be written, and the next start knows all', async () => {
  const { url, data, server, fill } = await open(startLimited);
  const [going, ended] = [await signIn(url, user), await signIn(url, user)];
  await signOut(url, ended.accessToken);
  fill();
  const last = await refreshUntilFull(url, going.refreshToken);
  expect(await server.stop()).toBe(0);
  const again = await serve([], { data });
  expect((await refresh(again.url, last)).body.data.signInRefresh.refreshToken).toMatch(/^lk_rt_/);
  expect(codeOf(await refresh(again.url, ended.refreshToken))).toBe('REFRESH_TOKEN_REVOKED');
  expect(await again.stop()).toBe(0);
});
