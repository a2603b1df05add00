import type { Variables } from '../../gateway/document.js';
import { isRecord } from '../../lib/is-record.js';
import { badRequest } from './read-parts.js';

/** From the name of a part to the places of its file in the variables. */
export type FileMap = ReadonlyMap<string, readonly string[]>;

/**
 * From the text of the part "map" (GraphQL multipart request specification). Each path has to lead to a null in the
 * variables, and no two to the same. Throws BAD_REQUEST.
 */
export function parseMap(text: string, variables: Variables, maxFiles: number): FileMap {
  const entries = Object.entries(parseObject(text));
  if (entries.length === 0) throw badRequest('"map" names no file.');
  if (entries.length > maxFiles) throw badRequest(`"map" names more than ${maxFiles} files, which is uploadFiles.`);
  const seen = new Set<string>();
  for (const [name, paths] of entries) {
    if (!isPaths(paths)) throw badRequest(`"map" has to name a list of paths for "${shown(name)}".`);
    for (const path of paths) {
      if (seen.has(path)) throw badRequest(`"map" has the path "${shown(path)}" twice.`);
      seen.add(path);
      if (!isFree({ variables }, path)) {
        throw badRequest(`"map" has the path "${shown(path)}", and the variables have no null there.`);
      }
    }
  }
  return new Map(entries as [string, string[]][]);
}

function parseObject(text: string): object {
  let map: unknown;
  try {
    map = JSON.parse(text);
  } catch {
    throw badRequest('"map" is not JSON.');
  }
  if (!isRecord(map)) throw badRequest('"map" is not a JSON object.');
  return map;
}

function isPaths(paths: unknown): paths is string[] {
  return Array.isArray(paths) && paths.length > 0 && paths.every((path) => typeof path === 'string');
}

function isFree(root: unknown, path: string): boolean {
  const steps = path.split('.');
  if (steps.length < 2) return false;
  let value = root;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return false;
    value = (value as Record<string, unknown>)[step];
  }
  return value === null;
}

function shown(name: string): string {
  return name.slice(0, 100);
}
