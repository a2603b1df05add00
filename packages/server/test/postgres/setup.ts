import type { TestProject } from 'vitest/node';
import { makeReachable } from './binaries.js';
import { startPostgres } from './server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a PostgreSQL server that all tests share; see database.ts. */
    postgres: string;
  }
}

interface Shared {
  users: number;
  readonly started: Promise<{ readonly url: string; stop(): Promise<void> }>;
}

/** Each project of the tests loads this module anew, in one process. */
const global = globalThis as { latchkeyPostgres?: Shared };

/** Starts the one server of a run of the tests, before the first of them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  global.latchkeyPostgres ??= { users: 0, started: start() };
  const shared = global.latchkeyPostgres;
  shared.users++;
  const { url, stop } = await shared.started;
  project.provide('postgres', url);
  return async () => {
    if (--shared.users > 0) return;
    delete global.latchkeyPostgres;
    await stop();
  };
}

/** It forgets everything in the end: no fsync. */
async function start() {
  const removeCopy = await makeReachable();
  const server = await startPostgres({
    fsync: false,
    settings: { max_connections: 300, shared_buffers: '64MB', synchronous_commit: 'local', full_page_writes: 'off' },
  });
  return {
    url: server.url,
    async stop() {
      await server.remove();
      await removeCopy();
    },
  };
}
