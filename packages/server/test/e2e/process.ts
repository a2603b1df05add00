import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, onTestFinished, vi } from 'vitest';

/** The built program. */
export const bin = fileURLToPath(new URL('../../dist/bin.cjs', import.meta.url));

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  /** The data directory; a new one if not given. */
  readonly data?: string;
  /** What it reads on standard input. */
  readonly input?: string;
}

/** A process that was started by a test, and what it has said so far. */
export interface Started {
  readonly child: ChildProcess;
  readonly data: string;
  stdout(): string;
  stderr(): string;
  /** The exit code, or null where a signal ended it. */
  readonly exit: Promise<number | null>;
  /** Resolves with the match when it has said that on either stream; rejects if it ends before. */
  said(pattern: RegExp): Promise<RegExpExecArray>;
}

/** A process that serves. */
export interface Running extends Started {
  /** The endpoint, such as http://localhost:41234/graphql/ */
  readonly url: string;
  /** Sends SIGTERM and resolves with the exit code. */
  stop(): Promise<number | null>;
}

const children = new Set<ChildProcess>();
const directories = new Set<string>();

// Whatever a failed test leaves running or lying about ends with its file.
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** An empty directory that is removed after the tests of the file. */
export function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-e2e-'));
  directories.add(directory);
  return directory;
}

/** Starts the built program as a shell would. Nothing of the environment of the tests reaches it but PATH. */
export function start(argv: readonly string[], options: StartOptions = {}): Started {
  const { env = {}, data = makeDirectory(), input = '' } = options;
  const { PATH } = process.env;
  const child = spawn(process.execPath, [bin, ...argv], { env: { PATH, LATCHKEY_DATA: data, ...env } });
  child.stdin.on('error', () => undefined).end(input);
  return follow(child, data);
}

/** Collects what a process says, and ends it with the tests of the file. */
export function follow(child: ChildProcess, data: string): Started {
  children.add(child);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const exit = once(child, 'close').then(([code]) => {
    children.delete(child);
    return code as number | null;
  });
  const find = (pattern: RegExp) => pattern.exec(said.stdout) ?? pattern.exec(said.stderr);
  return {
    child,
    data,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    exit,
    said: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const match = find(pattern);
          if (match) resolve(match);
        };
        look();
        for (const stream of [child.stdout, child.stderr]) stream?.on('data', look);
        exit.then(() => reject(new Error(`It ended without ${pattern}: ${said.stdout}${said.stderr}`)));
      }),
  };
}

/** Starts `latchkey serve` on a free port and waits until it is open. */
export async function serve(argv: readonly string[] = [], options: StartOptions = {}): Promise<Running> {
  const started = start(['serve', '--port', '0', ...argv], options);
  await started.said(/Latchkey is open at /);
  // From the log: the address that it names itself is the public one, which may be anything.
  const [, port] = await started.said(/"port":(\d+)/);
  return running(started, `http://localhost:${port}/graphql/`);
}

/** Starts `latchkey demo` on a free port and waits until its user can sign in and ask for companies. */
export async function demo(options: StartOptions = {}): Promise<Running & { userName: string; password: string }> {
  const started = start(['demo', '--port', '0'], options);
  await started.said(/Ctrl\+C/);
  const [, url = ''] = await started.said(/In a browser +(\S+)/);
  const [, userName = ''] = await started.said(/User +(\S+)/);
  const [, password = ''] = await started.said(/Password +([a-z2-9]{24}) /);
  await inService(url);
  return { ...running(started, url), userName, password };
}

function running(started: Started, url: string): Running {
  const stop = () => {
    started.child.kill('SIGTERM');
    return started.exit;
  };
  return { ...started, url, stop };
}

/** Resolves when the upstream's schema is in service. */
export function inService(url: string): Promise<void> {
  const look = async () => {
    const { upstream } = (await (await fetch(new URL('/readyz', url))).json()) as { upstream: string };
    if (upstream !== 'in service') throw new Error(`The upstream is ${upstream}.`);
  };
  return vi.waitFor(look, { timeout: 15_000 });
}

/** A connection of somebody who writes HTTP by hand. */
export async function dial({ url }: Running): Promise<Socket> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.setEncoding('utf8').on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Runs the program to its end. */
export async function run(argv: readonly string[], options: StartOptions = {}) {
  const started = start(argv, options);
  const code = await started.exit;
  return { code, stdout: started.stdout(), stderr: started.stderr() };
}
