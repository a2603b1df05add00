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
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
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

/**
 * Starts a module as a process of its own and waits for its first message.
 * @param {string} name
 * @param {URL} module
 * @param {string[]} [args]
 * @returns {Promise<Child>}
 */
export function startChild(name, module, args = []) {
  const started = launch(name, [fileURLToPath(module), ...args], true);
  return firstOf(started, (resolve) =>
    started.process.once('message', (ready) => resolve({ ...started, port: ready.port, ready })),
  );
}

/**
 * Starts a program that says on stderr when it is ready.
 * @param {RegExp} readyLine its first group is the port
 * @returns {Promise<Child>}
 */
export function startProgram(name, args, readyLine) {
  const started = launch(name, args, false);
  return firstOf(started, (resolve) =>
    started.process.stderr.on('data', () => {
      const match = readyLine.exec(started.log.text);
      if (match) resolve({ ...started, port: Number(match[1]), ready: {} });
    }),
  );
}

function launch(name, args, ipc) {
  const spawnedAt = performance.now();
  // Production mode for all; a NODE_OPTIONS of the caller's shell (a debugger, a heap limit) would distort the run.
  const env = {
    ...process.env,
    NODE_ENV: 'production',
    NODE_OPTIONS: '',
    ...(ipc && { UV_THREADPOOL_SIZE: poolSize }),
  };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe', ...(ipc ? ['ipc'] : [])] });
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

/** @param {import('node:child_process').ChildProcess} child */
export function stop(child) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
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
