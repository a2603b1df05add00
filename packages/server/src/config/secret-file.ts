import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './error.js';

/**
 * The secret of an embedded store: the file "secret" in the data directory, made at the first start. Throws
 * ConfigError if others than its owner could read it, or if it holds none.
 */
export function loadSecretFile(directory: string): string {
  const path = join(directory, 'secret');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const secret = read(path) ?? create(path);
  if (secret.length < 32) {
    throw new ConfigError(`${path} holds no secret; put back the file that this data was made with.`);
  }
  return secret;
}

function read(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return undefined;
  // Windows has no such bits.
  if (process.platform !== 'win32' && (stats.mode & 0o077) !== 0) {
    throw new ConfigError(`${path} can be read by other users of this machine; run: chmod 600 ${path}`);
  }
  return readFileSync(path, 'utf8').trim();
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
