import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { openSqliteStore } from '../../src/store/sqlite/open.js';
import { startTestServer } from '../harness.js';
import { openShell } from '../shell.js';
import { bin, makeDirectory } from './process.js';

/** Another process that writes to the store all the time, one commit after the other. */
async function startWriter(data: string) {
  const script = `
    import { DatabaseSync } from '@photostructure/sqlite';
    const db = new DatabaseSync(process.argv[1], { timeout: 5000 });
    const write = db.prepare("UPDATE sessions SET rotated_at = rotated_at + 1 WHERE id = (SELECT min(id) FROM sessions)");
    const tick = () => { write.run(); setImmediate(tick); };
    tick();
    console.log('writes');
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, join(data, 'latchkey.db')], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
}

/** A store with so many sessions of one user that a copy takes many steps. */
async function makeStore(sessions = 20_000): Promise<string> {
  const data = makeDirectory();
  await openSqliteStore(data).close();
  const db = new DatabaseSync(join(data, 'latchkey.db'));
  db.exec(`
    INSERT INTO users VALUES ('u', 'ada@example.com', 'hash', '', 1, NULL, NULL);
    WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < ${sessions})
    INSERT INTO sessions SELECT printf('%08d', n), 'u', 0, 1, 1, 9, 9, NULL, NULL, '', hex(randomblob(100)) FROM numbers`);
  db.close();
  return data;
}

test('a server goes on serving while it is copied, and the copy signs in where it is put back with its secret', async () => {
  const server = await startTestServer({ data: makeDirectory() });
  await server.addUser('ada@example.com');
  const { refreshToken, accessToken } = await server.signIn('ada@example.com');
  const folder = makeDirectory();
  const file = join(folder, 'monday.db');
  const { code, stdout, stderr } = await openShell(server.data)(['backup', file]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain(`Copied 1 user and 1 session into ${file}`);
  expect(stdout).toContain(`Keep it too, in another place: ${join(server.data, 'secret')}`);
  expect(stdout).not.toContain(readFileSync(join(server.data, 'secret'), 'utf8').trim());
  expect(readdirSync(folder)).toEqual(['monday.db']);
  if (process.platform !== 'win32') expect(statSync(file).mode & 0o777).toBe(0o600);
  expect((await server.refresh(refreshToken)).body.errors).toBeUndefined();

  const data = makeDirectory();
  copyFileSync(file, join(data, 'latchkey.db'));
  copyFileSync(join(server.data, 'secret'), join(data, 'secret'));
  await server.stop();
  const restored = await startTestServer({ data, port: Number(new URL(server.url).port) });
  onTestFinished(() => restored.stop());
  expect((await restored.signIn('ada@example.com')).accessToken).toBeDefined();
  expect((await restored.refresh(refreshToken)).body.errors).toBeUndefined();
  expect((await restored.ask('{ viewer { userName } }', { token: accessToken })).body.data.viewer.userName).toBe(
    'ada@example.com',
  );
});

test('it ends beside a process that writes all the time, and keeps nobody from writing', async () => {
  const data = await makeStore();
  await startWriter(data);
  const db = new DatabaseSync(join(data, 'latchkey.db'), { readOnly: true });
  onTestFinished(() => db.close());
  const count = db.prepare('SELECT rotated_at AS n FROM sessions ORDER BY id LIMIT 1');
  const before = Number(count.get()?.n);
  const { code, stdout } = await openShell(data)(['backup', join(data, 'copy.db'), '--json']);
  expect(code).toBe(0);
  expect(Number(count.get()?.n)).toBeGreaterThan(before);
  expect(JSON.parse(stdout)).toEqual({
    file: join(data, 'copy.db'),
    users: 1,
    sessions: 20_000,
    bytes: statSync(join(data, 'copy.db')).size,
    secret: join(data, 'secret'),
  });
});

test('a file that is there stays as it is', async () => {
  const data = await makeStore(1);
  const file = join(data, 'copy.db');
  writeFileSync(file, 'of another day');
  const { code, stderr } = await openShell(data)(['backup', file]);
  expect(code).toBe(1);
  expect(stderr).toBe(`latchkey: ${file} is there already and is left as it is; name another file.\n`);
  expect(readFileSync(file, 'utf8')).toBe('of another day');
});

test('where there is no store, or a folder is missing, one line says so and nothing is made', async () => {
  const data = makeDirectory();
  const missing = await openShell(data)(['backup', join(data, 'copy.db')]);
  expect(missing).toMatchObject({ code: 1, stdout: '' });
  expect(missing.stderr).toBe(`latchkey: There is no store to copy in ${data}; name its directory with --data.\n`);
  expect(readdirSync(data)).toEqual([]);
  const folder = await openShell(await makeStore(1))(['backup', join(data, 'nowhere', 'copy.db')]);
  expect(folder.code).toBe(1);
  expect(folder.stderr).toMatch(/^latchkey: The backup .+ was not made \(ENOENT.+; check the folder.+disk\.\n$/);
});

test.skipIf(process.platform === 'win32')(
  'where the disk is full, one line says so and no half file stays',
  async () => {
    const data = await makeStore(5_000);
    const folder = makeDirectory();
    mkdirSync(join(folder, 'full'));
    const file = join(folder, 'full', 'copy.db');
    // No file of the program may grow beyond 512 KB.
    const command = `ulimit -f 1024; exec "$0" "$@"`;
    const { status, stderr } = spawnSync('sh', ['-c', command, process.execPath, bin, 'backup', file], {
      env: { PATH: process.env.PATH, LATCHKEY_DATA: data },
      encoding: 'utf8',
    });
    expect(stderr).toMatch(/^latchkey: The backup .+copy\.db was not made \(.+\); check the folder.+disk\.\n$/);
    expect(status).toBe(1);
    expect(readdirSync(join(folder, 'full'))).toEqual([]);
  },
);

test('with a database it is wrong usage, and names what to use', async () => {
  const { code, stderr } = await openShell()(['backup', 'copy.db', '--database', 'postgres://localhost/latchkey']);
  expect(code).toBe(2);
  expect(stderr).toBe('latchkey: Only the embedded store is copied; for a PostgreSQL database use pg_dump.\n');
});
