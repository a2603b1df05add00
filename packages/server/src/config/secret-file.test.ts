import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { makeTempDirectory } from '../../test/harness.js';
import { ConfigError } from './error.js';
import { findSecretFile, loadSecretFile } from './secret-file.js';

async function makeData() {
  const directory = await makeTempDirectory();
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const data = join(directory, 'data');
  return { data, file: join(data, 'secret') };
}

function refusalOf(data: string): string {
  try {
    loadSecretFile(data);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('It was loaded.');
}

test('the first start makes a secret of 256 bits, and later starts have the same', async () => {
  const { data } = await makeData();
  const secret = loadSecretFile(data);
  expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
  expect(loadSecretFile(data)).toBe(secret);
  expect(readdirSync(data)).toEqual(['secret']);
});

test('another directory has another secret', async () => {
  expect(loadSecretFile((await makeData()).data)).not.toBe(loadSecretFile((await makeData()).data));
});

test.skipIf(process.platform === 'win32')('only its owner may read it, whatever the umask says', async () => {
  const { data, file } = await makeData();
  const umask = process.umask(0);
  try {
    loadSecretFile(data);
  } finally {
    process.umask(umask);
  }
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(data).mode & 0o777).toBe(0o700);
});

test.skipIf(process.platform === 'win32').each([0o640, 0o604, 0o620, 0o601])(
  'a file that others may use (%d) is refused, with the command that mends it',
  async (mode) => {
    const { data, file } = await makeData();
    const secret = loadSecretFile(data);
    chmodSync(file, mode);
    expect(refusalOf(data)).toBe(`${file} can be read by other users of this machine; run: chmod 600 ${file}`);
    chmodSync(file, 0o400);
    expect(loadSecretFile(data)).toBe(secret);
  },
);

test.each([
  ['empty', ''],
  ['of space', ' '.repeat(64)],
  ['too short', 'x'.repeat(31)],
])('a file that is %s is refused, and not replaced', async (_, content) => {
  const { data, file } = await makeData();
  mkdirSync(data);
  writeFileSync(file, content, { mode: 0o600 });
  expect(refusalOf(data)).toBe(`${file} holds no secret; put back the file that this data was made with.`);
  expect(readFileSync(file, 'utf8')).toBe(content);
});

test('a secret that the operator wrote is taken without the space around it', async () => {
  const { data, file } = await makeData();
  mkdirSync(data);
  writeFileSync(file, `\n ${'correct horse battery staple, twice'} \n`, { mode: 0o600 });
  expect(loadSecretFile(data)).toBe('correct horse battery staple, twice');
});

test('a draft that a crash left, of whatever process, stops no start', async () => {
  const { data } = await makeData();
  mkdirSync(data);
  writeFileSync(join(data, `secret.${process.pid}`), '');
  expect(loadSecretFile(data)).toHaveLength(43);
});

test('processes that start at once have the same secret', async () => {
  const { data } = await makeData();
  // Many times over: they shall meet at every step of the way.
  const script = `
    import { once } from 'node:events';
    import { join } from 'node:path';
    import { runnerImport } from 'vite';
    const [source, data] = process.argv.slice(1);
    const { loadSecretFile } = (await runnerImport(source)).module;
    console.log('ready');
    await once(process.stdin, 'data');
    for (let i = 0; i < 50; i++) console.log(loadSecretFile(join(data, String(i))));
    process.exit();
  `;
  const source = join(import.meta.dirname, 'secret-file.ts');
  const starting = Array.from({ length: 3 }, async () => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, source, data], {
      cwd: import.meta.dirname,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child.stdout, 'data');
    return child;
  });
  const children = await Promise.all(starting);
  for (const { stdin } of children) stdin.write('go');
  const [first, ...others] = await Promise.all(children.map(({ stdout }) => text(stdout)));
  expect(new Set(first?.trim().split('\n')).size).toBe(50);
  for (const each of others) expect(each).toBe(first);
});

test('looking for a secret makes none, and sees the one that is there', async () => {
  const { data, file } = await makeData();
  expect(findSecretFile(data)).toBeUndefined();
  mkdirSync(data);
  expect(findSecretFile(data)).toBeUndefined();
  expect(readdirSync(data)).toEqual([]);
  const secret = loadSecretFile(data);
  expect(findSecretFile(data)).toBe(secret);
  expect(findSecretFile(file)).toBeUndefined();
});

test('what cannot be read is refused with what to do', async () => {
  const { data, file } = await makeData();
  mkdirSync(file, { recursive: true, mode: 0o700 });
  expect(() => findSecretFile(data)).toThrow(
    /^Cannot read .*secret \(EISDIR.*\); run it as the user to whom the file belongs, or name another directory/,
  );
});
