import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkImports } from './check-imports.mjs';

/** Checks a repository that has these files below packages/. */
function check(files) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-imports-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, 'packages', path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return checkImports(folder);
}

test('imports along the arrow are fine', () => {
  const { files, problems } = check({
    'server/src/bin.cts': "import os = require('node:os'); void import('./cli/run.js');",
    'server/src/cli/run.ts': "import { main } from '../main.js'; import '../config/load.js';",
    'server/src/main.ts': "export * from './http/routes.js'; export const main = 1;",
    'server/src/http/routes.ts':
      "import 'fastify'; import '../graphql/execute.js'; import type { Config } from '../config/load.js';",
    'server/src/graphql/execute.ts': "import '../gateway/plan.js'; import '../domain/errors.js';",
    'server/src/gateway/plan.ts': "import '../domain/errors.js'; import 'undici';",
    'server/src/domain/errors.ts': "import type { Store } from '../store/store.js'; import 'node:crypto';",
    'server/src/store/store.ts': "import '../lib/pure.js'; import '@photostructure/sqlite'; export type Store = 1;",
    'server/src/config/load.ts': "import '../lib/pure.js'; export type Config = 1;",
    'server/src/lib/pure.ts': "// import '../domain/errors.js'\nexport const text = \"import '../domain/errors.js'\";",
    'server/src/lib/pure.test.ts': "import '../domain/errors.js';",
    'web/src/main.tsx': "import './app.js'; import 'react';",
    'web/src/app.tsx': 'export const App = () => <p>latchkey</p>;',
  });
  expect(problems).toEqual([]);
  expect(files).toBe(12);
});

test.each([
  ['lib', "import '../store/store.js';", 'lib must not import store/store.ts (store); it may import nothing of ours.'],
  ['store', "import '../domain/errors.js';", 'store must not import domain/errors.ts (domain); it may import lib.'],
  [
    'store',
    "import type { C } from '../config/load.js';",
    'store must not import config/load.ts (config); it may import lib.',
  ],
  [
    'domain',
    "import type { A } from '../http/a.js';",
    'domain must not import http/a.ts (http); it may import store, lib.',
  ],
  [
    'domain',
    "type A = import('../graphql/a.js').A;",
    'domain must not import graphql/a.ts (graphql); it may import store, lib.',
  ],
  ['domain', "export { a } from '../cli/a.js';", 'domain must not import cli/a.ts (top); it may import store, lib.'],
  ['domain', "await import('../main.js');", 'domain must not import main.ts (top); it may import store, lib.'],
  [
    'gateway',
    "import '../graphql/a.js';",
    'gateway must not import graphql/a.ts (graphql); it may import domain, store, lib.',
  ],
  [
    'http',
    "import { load } from '../config/load.js';",
    'http may import types of config only ("import type"); take the value as a parameter.',
  ],
  [
    'http',
    "import { load, type C } from '../config/load.js';",
    'http may import types of config only ("import type"); take the value as a parameter.',
  ],
  ['config', "import '../domain/errors.js';", 'config must not import domain/errors.ts (domain); it may import lib.'],
  [
    'helpers',
    "import '../lib/a.js';",
    'this file is in no layer; put it into one, or name its folder in scripts/check-imports.mjs.',
  ],
])('an import against the arrow in %s is named with file and line: %s', (layer, line, message) => {
  const targets = ['store/store', 'domain/errors', 'config/load', 'http/a', 'graphql/a', 'cli/a', 'main', 'lib/a'];
  const others = Object.fromEntries(targets.map((target) => [`server/src/${target}.ts`, 'export {};']));
  const { problems } = check({ ...others, [`server/src/${layer}/bad.ts`]: `// The next line is wrong.\n${line}\n` });
  expect(problems).toEqual([`packages/server/src/${layer}/bad.ts:2: ${message}`]);
});

test.each([
  'fastify',
  '@fastify/static',
  'graphql',
  'graphql/language',
  'undici',
  'node:http',
  'http2',
  '@photostructure/sqlite',
  'node:sqlite',
])('the domain must not import %s', (name) => {
  const { problems } = check({ 'server/src/domain/a.ts': `import type { X } from '${name}';` });
  expect(problems).toEqual([
    `packages/server/src/domain/a.ts:1: the domain knows no HTTP, no GraphQL and no SQL, and this imports ${name}.`,
  ]);
});

test('a circle of files is shown as a path', () => {
  const { problems } = check({
    'server/src/domain/a.ts': "import './b.js';",
    'server/src/domain/b.ts': "import type { C } from './c.js';",
    'server/src/domain/c.ts': "export * from './b.js';",
  });
  expect(problems).toEqual([
    'packages/server/src/domain/b.ts → packages/server/src/domain/c.ts → packages/server/src/domain/b.ts: a circle; move what these share to another file.',
  ]);
});

test('the web package must not import the server, by path or by name', () => {
  const { problems } = check({
    'server/src/lib/a.ts': 'export {};',
    'web/src/main.ts': "import '../../server/src/lib/a.js';\nimport 'latchkey';\nimport 'latchkey-other';",
  });
  expect(problems).toEqual([
    'packages/web/src/main.ts:1: packages/web runs in the browser and must not import the server (../../server/src/lib/a.js).',
    'packages/web/src/main.ts:2: packages/web runs in the browser and must not import the server (latchkey).',
  ]);
});
