import { isRecord } from '../lib/is-record.js';
import { findJsonError } from '../lib/json-position.js';
import { ConfigError } from './error.js';

/**
 * Reads a JSON object from a file.
 * @throws {ConfigError} when the file cannot be read or is not a JSON object
 */
export function readConfigFile(path: string, readFile: (path: string) => string): Readonly<Record<string, unknown>> {
  const value = parse(path, load(path, readFile));
  if (isRecord(value)) return { ...value };
  throw new ConfigError(`The config file ${path} must hold one JSON object, such as { "port": 4000 }.`);
}

function load(path: string, readFile: (path: string) => string): string {
  try {
    return readFile(path).replace(/^\uFEFF/, '');
  } catch (error) {
    const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? 'cannot be read';
    throw new ConfigError(`The config file ${path} ${reason}; give --config the path of a JSON file.`, {
      cause: error,
    });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EISDIR: 'is a directory',
};

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { line, column } = findJsonError(text);
    throw new ConfigError(
      `The config file ${path} is not JSON at line ${line}, column ${column} (JSON has no comments and no comma after the last entry).`,
    );
  }
}
