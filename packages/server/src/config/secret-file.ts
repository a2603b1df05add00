import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './error.js';

/**
 * The secret of an embedded store: the file "secret" in the data directory, made at the first start. Throws
 * ConfigError if others than its owner could read it, or if it holds none.
 */
export function loadSecretFile(directory: string): string {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'secret');
  return findSecretFile(directory) ?? check(path, create(path));
}

/** The same without making one: undefined where there is none yet. */
export function findSecretFile(directory: string): string | undefined {
  const path = join(directory, 'secret');
  const secret = read(path);
  return secret === undefined ? undefined : check(path, secret);
}

function check(path: string, secret: string): string {
  if (secret.length >= 32) return secret;
  throw new ConfigError(`${path} holds no secret; put back the file that this data was made with.`);
}

function read(path: string): string | undefined {
  try {
    const { mode } = statSync(path);
    // Windows has no such bits.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new ConfigError(`${path} can be read by other users of this machine; run: chmod 600 ${path}`);
    }
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    // That there can be no such directory, the store says better.
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new Error(
      `Cannot read ${path} (${message}); run it as the user to whom the file belongs, or name another directory with --data.`,
    );
  }
}

/** Written whole beside its place and then linked to it: of two processes that start at once, one wins. */
function create(path: string): string {
  // Not named by the process id: in a container that is always the same, and a draft left by a crash would stop every start.
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  // Flushed: the store will hold keys encrypted under it, and those are on disk at once.
  writeFileSync(draft, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft);
  }
  return readFileSync(path, 'utf8').trim();
}
