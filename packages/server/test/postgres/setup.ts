import type { TestProject } from 'vitest/node';
import { makeReachable } from './binaries.js';
import { startPostgres } from './server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** The URL of a PostgreSQL server that all tests share; see database.ts. */
    postgres: string;
  }
}

/** Starts the one server of a run of the tests, before the first of them. It forgets everything in the end: no fsync. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const removeCopy = await makeReachable();
  const server = await startPostgres({
    fsync: false,
    settings: { max_connections: 300, shared_buffers: '64MB', synchronous_commit: 'local', full_page_writes: 'off' },
  });
  project.provide('postgres', server.url);
  return async () => {
    await server.remove();
    await removeCopy();
  };
}
