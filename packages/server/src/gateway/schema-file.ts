import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { GraphQLSchema } from 'graphql';
import { inOneLine, SchemaProblem } from './schema-problem.js';
import { buildFromIntrospection, buildFromSdl } from './schema-sdl.js';

/** What is known of a file that was read, so that it need not be read again. */
export interface KnownFile {
  /** Size and time of the last change. */
  readonly stamp: string;
  readonly hash: string;
}

const maxBytes = 64 * 1024 * 1024;

/**
 * Reads a schema from a file: SDL, or the JSON that introspection answers with (`{ "data": { "__schema": … } }` or
 * `{ "__schema": … }`). `schema` is undefined where it is what `known` is of; `isForced` reads it whatever its time.
 * Rejects with a SchemaProblem.
 */
export async function loadSchemaFile(
  path: string,
  known: KnownFile | undefined,
  isForced: boolean,
): Promise<{ readonly known: KnownFile; readonly schema: GraphQLSchema | undefined }> {
  const stamp = await stampOf(path);
  if (known && known.stamp === stamp && !isForced) return { known, schema: undefined };
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unreadable(path, error);
  });
  const hash = createHash('sha256').update(text).digest('base64');
  const schema = known?.hash === hash ? undefined : buildSchemaOf(text.replace(/^\uFEFF/, ''), path);
  return { known: { stamp, hash }, schema };
}

async function stampOf(path: string): Promise<string> {
  const about = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  // A pipe would be waited for, and could be read once only.
  if (!about.isFile()) throw unreadable(path, { code: about.isDirectory() ? 'EISDIR' : 'EPIPE' });
  const { size, mtimeMs, ino } = about;
  if (size > maxBytes) throw new SchemaProblem('file', `The schema file ${path} has more than 64 MiB.`);
  return `${ino} ${size} ${mtimeMs}`;
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user',
  EISDIR: 'is a directory',
  EPIPE: 'is no ordinary file',
};

function unreadable(path: string, error: unknown): SchemaProblem {
  const reason = reasons[(error as NodeJS.ErrnoException).code ?? ''] ?? `cannot be read (${inOneLine(error)})`;
  return new SchemaProblem('file', `The schema file ${path} ${reason}; give upstreamSchema the path of one.`, error);
}

function buildSchemaOf(text: string, path: string): GraphQLSchema {
  const subject = `The schema in ${path}`;
  if (!/^\s*\{/.test(text)) return buildFromSdl(text, subject);
  let value: { data?: { __schema?: unknown }; __schema?: unknown };
  try {
    value = JSON.parse(text);
  } catch {
    throw new SchemaProblem('invalid', `${subject} begins like JSON and is none; write it again.`);
  }
  const data = value.__schema ? value : value.data;
  if (data?.__schema) return buildFromIntrospection(data as never, subject);
  throw new SchemaProblem(
    'invalid',
    `${subject} is JSON without "__schema"; give the answer to an introspection query, or SDL.`,
  );
}
