/**
 * Builds packages/server/dist: the compiled sources, the files that they read, the IDE, the sample API of the demo.
 */
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { filesBelow, root, runPackage } from './repository.mjs';

const server = join(root, 'packages/server');
const dist = join(server, 'dist');
const ide = join(root, 'packages/web/dist');

function build() {
  if (!existsSync(join(ide, 'index.html'))) {
    console.error('The IDE is not built, and the server serves it: run "npm run build", which builds both.');
    return 1;
  }
  rmSync(dist, { recursive: true, force: true });
  const status = runPackage('typescript', 'bin/tsc', ['-p', join(server, 'tsconfig.build.json')]);
  if (status !== 0) return status;
  copyAssets();
  cpSync(ide, join(dist, 'ide'), { recursive: true });
  const isTest = (file) => /\.test\.[a-z]+$/.test(file);
  cpSync(join(root, 'examples/companies-api'), join(dist, 'demo/companies-api'), {
    recursive: true,
    filter: (file) => !isTest(file),
  });
  for (const name of ['README.md', 'LICENSE']) {
    if (existsSync(join(root, name))) copyFileSync(join(root, name), join(server, name));
  }
  chmodSync(join(dist, 'bin.cjs'), 0o755);
  return 0;
}

/** What the program reads at run time, beside the compiled file that reads it. */
function copyAssets() {
  const source = join(server, 'src');
  for (const file of filesBelow(source).filter((each) => /\.(graphql|sql)$/.test(each))) {
    const target = join(dist, relative(source, file));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(file, target);
  }
}

process.exitCode = build();
