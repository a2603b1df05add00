import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinaries, owner } from './binaries.js';

export interface PostgresServer {
  /** Of the database that is always there, with a user who may do anything. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** The process that all others of the server come from. */
  readonly pid: number;
  /** Breaks all connections and ends it in good order. */
  stop(): Promise<void>;
  /** As the kernel or a cut of the power would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Stops it if it runs, and removes its data. */
  remove(): Promise<void>;
}

export interface PostgresOptions {
  /** Whether a commit waits for the disk; true unless said. */
  readonly fsync?: boolean;
  /** Settings of postgresql.conf. */
  readonly settings?: Readonly<Record<string, string | number>>;
  /** What pg_hba.conf says. */
  readonly access?: string;
  /** Files to lay into the directory of the data, readable by the server alone. */
  readonly files?: Readonly<Record<string, string>>;
}

const password = 'a password of the tests';

/** Makes a PostgreSQL server with data of its own, which takes below a second, and starts it. */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  const { initdb, postgres } = await findBinaries();
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-postgres-'));
  const data = join(directory, 'data');
  const port = await findFreePort();
  let server: ChildProcess | undefined;

  const give = (path: string) => (owner.uid === undefined ? undefined : chown(path, owner.uid, owner.gid));
  const lay = async (path: string, content: string) => {
    await writeFile(path, content, { mode: 0o600 });
    await give(path);
  };
  await give(directory);
  await lay(join(directory, 'password'), password);
  await run(initdb, ['-D', data, '-U', 'postgres', '--pwfile', join(directory, 'password'), ...initdbFlags]);
  const settings = { ...options.settings, fsync: options.fsync === false ? 'off' : 'on' };
  const lines = Object.entries(settings).map(([name, value]) => `${name} = '${value}'\n`);
  await lay(join(data, 'postgresql.auto.conf'), lines.join(''));
  if (options.access) await lay(join(data, 'pg_hba.conf'), options.access);
  for (const [name, content] of Object.entries(options.files ?? {})) await lay(join(data, name), content);

  async function start(): Promise<void> {
    const child = spawn(postgres, ['-D', data, '-p', String(port), '-k', directory, '-h', '127.0.0.1'], {
      ...owner,
      env: { ...process.env, LC_MESSAGES: 'C' },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    server = child;
    await waitForLine(child, 'database system is ready to accept connections');
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const child = server;
    server = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  }

  await start();
  return {
    url: `postgres://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`,
    host: '127.0.0.1',
    port,
    get pid() {
      return server?.pid ?? 0;
    },
    stop: () => end('SIGINT'),
    kill: () => end('SIGKILL'),
    start,
    async remove() {
      await end('SIGQUIT');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** With one round of hashing, as the tests connect a thousand times. */
const initdbFlags = [
  ...['--auth', 'scram-sha-256', '--set', 'scram_iterations=1'],
  ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync', '--no-instructions'],
];

/** Somebody may take it before the server does: then that says so, and ends. */
async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

async function run(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { ...owner, stdio: ['ignore', 'ignore', 'pipe'] });
  const said = collect(child);
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${command} failed: ${said()}`);
}

async function waitForLine(child: ChildProcess, line: string): Promise<void> {
  const said = collect(child);
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', () => {
      if (said().includes(line)) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`PostgreSQL did not start: ${said()}`)));
  });
  child.stderr?.removeAllListeners('data').resume();
}

function collect(child: ChildProcess): () => string {
  let text = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}
