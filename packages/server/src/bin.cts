#!/usr/bin/env node
// CommonJS, and syntax that the oldest Node reads: the loader of ES modules starts the thread pool, whose size
// is fixed from then on, and an old Node must get as far as the sentence below.
import type * as Run from './cli/run.js';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `latchkey: Node.js 20.19 or later is needed, and this is ${process.versions.node}; install a later one.\n`,
  );
  process.exitCode = 1;
} else {
  start();
}

function start(): void {
  // Password hashes keep a thread each for as long as they take; signatures and file access must not wait for them.
  const { availableParallelism } = require('node:os') as typeof import('node:os');
  process.env.UV_THREADPOOL_SIZE = process.env.UV_THREADPOOL_SIZE || String(availableParallelism() + 4);
  // graphql-js checks for a second copy of itself at every step unless it is told that this is no workshop.
  process.env.NODE_ENV = process.env.NODE_ENV || 'production';
  // The list of processes shows every argument to everybody on the machine; this one can have a password in it.
  if (process.argv.some((argument) => argument.includes('postgres'))) process.title = 'latchkey';
  // `latchkey user list | head` closes the pipe early, which is no failure.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  import('./cli/run.js').then(async ({ run }: typeof Run) => {
    process.exitCode = await run(process.argv.slice(2), process.env, process);
  });
}
