import { execFile, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { signIn } from './ask.js';
import { follow, makeDirectory } from './process.js';

const execute = promisify(execFile);
const packageRoot = fileURLToPath(new URL('../..', import.meta.url));
const repositoryRoot = fileURLToPath(new URL('../../../..', import.meta.url));
const megabyte = 1_000_000;

/** npm tells what it runs where and for what it runs: that of `npm test` must not reach an npm for another folder. */
const ofThisRun = /^(npm_package_|npm_lifecycle_|npm_config_(local_)?prefix$|npm_config_workspace|LATCHKEY_)/i;
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ofThisRun.test(name)));

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let folder: string;
let packed: Packed;

beforeAll(async () => {
  folder = makeDirectory();
  [packed] = JSON.parse(await npm(packageRoot, 'pack', '--json', '--pack-destination', folder));
  await npm(
    folder,
    'install',
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--prefer-offline',
    `./${packed.filename}`,
  );
}, 300_000);

async function npm(cwd: string, ...args: string[]): Promise<string> {
  return (await execute('npm', args, { cwd, env: environment, maxBuffer: 64 * megabyte })).stdout;
}

test('npx latchkey demo, from the tarball in an empty folder, serves the IDE and signs in', async () => {
  // A group of its own, since npx starts a shell that starts the program.
  const data = join(folder, 'latchkey-data');
  const child = spawn('npx', ['--no', 'latchkey', 'demo', '--port', '0'], {
    cwd: folder,
    env: environment,
    detached: true,
  });
  const started = follow(child, data);
  try {
    await started.said(/Ctrl\+C/);
    const [, url = ''] = await started.said(/In a browser +(\S+)/);
    const [, password = ''] = await started.said(/Password +(\S+)/);
    await expectIde(url);
    expect(await signIn(url, { userName: 'demo@example.com', password })).toMatchObject({
      accessToken: expect.stringMatching(/^ey/),
    });
    expect(existsSync(data)).toBe(true);
  } finally {
    if (child.exitCode === null) process.kill(-Number(child.pid), 'SIGTERM');
    await started.exit;
  }
});

/** The page, what it names, and every other file of the IDE, each under a name that changes with what is in it. */
async function expectIde(url: string): Promise<void> {
  const page = await fetch(url, { headers: { accept: 'text/html' } });
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const named = [...(await page.text()).matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
  const files = packed.files.map(({ path }) => path.replace('dist/ide/', '/latchkey/ide/'));
  const assets = files.filter((path) => path.startsWith('/latchkey/ide/assets/'));
  expect(named.length).toBeGreaterThan(2);
  expect(assets).toEqual(expect.arrayContaining(named));
  for (const path of assets) {
    expect(path).toMatch(/-[\w-]{8}\.\w+$/);
    const asset = await fetch(new URL(path, url));
    expect([asset.status, asset.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    await asset.arrayBuffer();
  }
}

test('the package holds the program and nothing of the workshop', () => {
  const paths = packed.files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining(['package.json', 'README.md', 'LICENSE', 'dist/bin.cjs', 'dist/index.d.ts']),
  );
  expect(paths.filter((path) => !/^(package\.json|README\.md|LICENSE|dist\/.+)$/.test(path))).toEqual([]);
  expect(
    paths.filter((path) => /\.(test|spec)\.|\.map$|\.tsbuildinfo$|(^|\/)(test|tests|node_modules|\.)/.test(path)),
  ).toEqual([]);
  const installed = join(folder, 'node_modules/latchkey');
  // What a build leaves of the machine that it ran on.
  const traces = [repositoryRoot.replace(/\/$/, ''), `${homedir()}/`, 'sourceMappingURL=data:', 'file:///'];
  const tracesIn = (path: string) => {
    const text = readFileSync(join(installed, path), 'utf8');
    return traces.filter((trace) => text.includes(trace)).map((trace) => `${trace} in ${path}`);
  };
  expect(paths.flatMap(tracesIn)).toEqual([]);
});

test('what it weighs is told, and stays within bounds', async () => {
  const installed = (await npm(folder, 'ls', '--all', '--parseable')).trim().split('\n').length - 1;
  const onDisk = sizeBelow(join(folder, 'node_modules'));
  const inMegabytes = (bytes: number) => `${(bytes / megabyte).toFixed(1)} MB`;
  console.log(
    `latchkey: tarball ${inMegabytes(packed.size)}, unpacked ${inMegabytes(packed.unpackedSize)} in ${packed.files.length} files; ` +
      `installs ${installed} packages, ${inMegabytes(onDisk)} in all`,
  );
  expect(packed.size).toBeLessThan(4 * megabyte);
  expect(installed).toBeLessThan(120);
});

function sizeBelow(directory: string): number {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.reduce(
    (sum, entry) => sum + (entry.isFile() ? statSync(join(entry.parentPath, entry.name)).size : 0),
    0,
  );
}
