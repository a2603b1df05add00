/**
 * Builds packages/server/dist: the compiled sources, the files that they read, the IDE, the sample API of the demo.
 */
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { filesBelow, root, runPackage } from './repository.mjs';

const server = join(root, 'packages/server');
const ide = join(root, 'packages/web/dist');

/** Takes the place of dist only when it is whole: a program that runs meanwhile never sees half of it. */
const fresh = join(root, `node_modules/.latchkey-build-${process.pid}`);

function build() {
  if (!existsSync(join(ide, 'index.html'))) {
    console.error('The IDE is not built, and the server serves it: run "npm run build", which builds both.');
    return 1;
  }
  const status = runPackage('typescript', 'bin/tsc', ['-p', join(server, 'tsconfig.build.json'), '--outDir', fresh]);
  if (status !== 0) return status;
  copyAssets();
  cpSync(ide, join(fresh, 'ide'), { recursive: true });
  cpSync(join(root, 'examples/companies-api'), join(fresh, 'demo/companies-api'), {
    recursive: true,
    filter: (file) => !/\.test\.[a-z]+$/.test(file),
  });
  chmodSync(join(fresh, 'bin.cjs'), 0o755);
  rmSync(join(server, 'dist'), { recursive: true, force: true });
  renameSync(fresh, join(server, 'dist'));
  for (const name of ['README.md', 'LICENSE']) {
    if (existsSync(join(root, name))) copyFileSync(join(root, name), join(server, name));
  }
  return 0;
}

/** What the program reads at run time, beside the compiled file that reads it. */
function copyAssets() {
  const source = join(server, 'src');
  for (const file of filesBelow(source).filter((each) => /\.(graphql|sql)$/.test(each))) {
    const target = join(fresh, relative(source, file));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(file, target);
  }
}

try {
  process.exitCode = build();
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
