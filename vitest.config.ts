import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

/** PostGraphile 5 needs Node.js 22 and is installed beside the workspace; in CI it has to be there. */
const hasPostgraphile =
  Number.parseInt(process.versions.node, 10) >= 22 &&
  (existsSync('packages/server/test/upstreams/postgraphile/node_modules') || Boolean(process.env.CI));

const exclude = hasPostgraphile ? configDefaults.exclude : [...configDefaults.exclude, '**/*.postgraphile.test.ts'];

/** Unit tests that put another module in the place of one: only a process of their own has not loaded it before. */
const replacing = ['password-hashes', 'sign-in', 'races'].map((name) => `packages/server/src/**/${name}.test.ts`);

const project = (name: string, include: string[], more: object = {}) => ({
  extends: true as const,
  test: { name, include, exclude, ...more },
});

/** Starts a PostgreSQL server, below a second, that the tests of the project share. */
const postgres = { globalSetup: ['packages/server/test/postgres/setup.ts'] };

export default defineConfig({
  // Vite finds index.mjs for our files where Node finds index.js for the packages, and one copy of GraphQL refuses
  // the schema of another.
  resolve: { alias: [{ find: /^graphql$/, replacement: createRequire(import.meta.url).resolve('graphql') }] },
  test: {
    // Tests start servers and native modules: a process for each file keeps them apart. Unit tests share one, which saves
    // them a third of their time.
    pool: 'forks',
    // One more than Vitest takes by itself: the tests wait for servers, disks and clocks half of their time.
    maxWorkers: availableParallelism(),
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      project('units', ['packages/server/src/**/*.test.ts'], {
        ...postgres,
        isolate: false,
        exclude: [...exclude, ...replacing],
      }),
      project('server', ['packages/server/test/**/*.test.ts', ...replacing], postgres),
      project('web', ['packages/web/**/*.test.{ts,tsx}']),
      project('examples', ['examples/**/*.test.{js,ts}']),
      project('scripts', ['scripts/**/*.test.mjs']),
    ],
  },
});
