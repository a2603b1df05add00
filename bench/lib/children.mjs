import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {{ name: string, process: import('node:child_process').ChildProcess, port?: number, spawnedAt: number, ready: any }} Child */

// Node's thread pool has 4 threads however many cores there are. The peers and the bare parts get one per core where
// there are more; the product is run as it is shipped.
const poolSize = String(Math.max(4, availableParallelism()));

const children = new Set();
const directories = new Set();

// Whatever ends the bench ends its children and their data: an `exit` handler must be synchronous, so no goodbyes.
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  // Tried again where a process that was just killed still writes.
  for (const directory of directories) rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
});
for (const [signal, number] of [
  ['SIGINT', 2],
  ['SIGTERM', 15],
  ['SIGHUP', 1],
]) {
  process.on(signal, () => process.exit(128 + number));
}

/** An empty directory that is gone when the bench ends. */
export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  directories.add(directory);
  return directory;
}

/** Removes one of them before the end: they can be large. @param {string} directory */
export function removeDirectory(directory) {
  rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  directories.delete(directory);
}

/**
 * Starts a module as a process of its own and waits for its first message.
 * @param {string} name
 * @param {URL} module
 * @param {string[]} [args]
 * @returns {Promise<Child>}
 */
export function startChild(name, module, args = []) {
  const started = launch(name, process.execPath, [fileURLToPath(module), ...args], { ipc: true });
  return firstOf(started, (resolve) =>
    started.process.once('message', (ready) => resolve({ ...started, port: ready.port, ready })),
  );
}

/**
 * Starts a program that says on stderr when it is ready.
 * @param {RegExp} readyLine its first group, if there is one, is the port
 * @param {{ env?: Record<string, string>, command?: string, uid?: number, gid?: number }} [options] `command` is Node
 *   unless given
 * @returns {Promise<Child>}
 */
export function startProgram(name, args, readyLine, { command = process.execPath, ...options } = {}) {
  const started = launch(name, command, args, options);
  return firstOf(started, (resolve) =>
    started.process.stderr.on('data', () => {
      const match = readyLine.exec(started.log.text);
      if (match) resolve({ ...started, port: Number(match[1]), ready: {} });
    }),
  );
}

function launch(name, command, args, { ipc = false, env: added, uid, gid }) {
  const spawnedAt = performance.now();
  // Production mode for all; a NODE_OPTIONS of the caller's shell (a debugger, a heap limit) would distort the run.
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    NODE_OPTIONS: '',
    ...(ipc && { UV_THREADPOOL_SIZE: poolSize }),
    ...added,
  };
  const stdio = ['ignore', 'ignore', 'pipe', ...(ipc ? ['ipc'] : [])];
  const child = spawn(command, args, { env, stdio, uid, gid });
  const log = { text: '' };
  child.stderr.on('data', (chunk) => (log.text = (log.text + chunk).slice(-4000)));
  children.add(child);
  child.once('exit', () => children.delete(child));
  return { name, process: child, spawnedAt, log };
}

function firstOf({ name, process: child, log }, onReady) {
  return new Promise((resolve, reject) => {
    onReady(resolve);
    const fail = (why) => reject(new Error(`${name} did not start (${why}): ${log.text.trim() || 'it said nothing'}`));
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(signal ?? `exit code ${code}`));
    setTimeout(() => fail('not ready within 30 s'), 30_000).unref();
  });
}

/** Ends all children: asks first, and insists after two seconds. */
export function stopAll() {
  return Promise.all([...children].map(stop));
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {{ signal?: NodeJS.Signals, patience?: number }} [how] milliseconds after which it is killed
 */
export function stop(child, { signal = 'SIGTERM', patience = 2000 } = {}) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), patience);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill(signal);
  });
}

/** Resident memory of a child in MB (10^6 bytes). @param {Child} child */
export function residentMegabytes({ process: { pid } }) {
  const kilobytes =
    process.platform === 'linux'
      ? /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]
      : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return (Number(kilobytes) * 1024) / 1e6;
}

/**
 * Seconds of CPU that a child has used, all its threads together; undefined where the system does not tell.
 * @param {Child} child
 */
export function cpuSeconds({ process: { pid } }) {
  if (process.platform !== 'linux') return undefined;
  // The name in the second field may hold anything; user and system time are the 12th and 13th behind it (proc(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
  const ticksPerSecond = 100;
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}
