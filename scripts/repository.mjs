import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of the repository, absolute. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Whether the module is the program that was started, rather than imported by one. */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(moduleUrl);
}

/** The files below a folder, absolute and sorted, without those of packages and builds; none if it is not there. */
export function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'node_modules' && name !== 'dist')
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

/** When the newest of the files was changed, in milliseconds since 1970; 0 without files. */
export function newestChange(files) {
  return files.reduce((newest, file) => Math.max(newest, statSync(file).mtimeMs), 0);
}

/** Runs a program of an installed package with this Node, in the root, its output shown. Returns the exit code. */
export function runPackage(name, bin, args, env = {}) {
  const file = join(dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), bin);
  return runNode([file, ...args], env);
}

/** Runs Node as this one runs, in the root, its output shown. Returns the exit code, 1 where a signal ended it. */
export function runNode(args, env = {}) {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return status ?? 1;
}
