import { setImmediate as nextTurn } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import { type KnownFile, loadSchemaFile } from './schema-file.js';
import { askSdl, hashOf, type Introspected, introspect, type SeenIntrospection } from './schema-introspect.js';
import { SchemaProblem } from './schema-problem.js';
import type { SchemaQuestioner } from './schema-request.js';
import { adoptNodes, buildFromIntrospection, buildFromSdl } from './schema-sdl.js';

/** Where the schema of the upstream comes from: the file where there is one, or else the upstream. */
export interface SchemaSource {
  /** The path of a file with SDL or with the answer to an introspection. */
  readonly file: string | undefined;
  readonly questioner: SchemaQuestioner | undefined;
}

/** What was read last, so that the same is not built again. */
export interface KnownSchema {
  readonly file?: KnownFile;
  readonly introspection?: SeenIntrospection | undefined;
  /** Hash of the SDL of a subgraph. */
  readonly sdl?: string | undefined;
  /** How often in a row an ETag was believed. */
  readonly believed?: number;
}

export interface LoadedSchema {
  readonly known: KnownSchema;
  /** Undefined where it is the one that was known. It has no errors; nodes (`astNode`) where SDL was read. */
  readonly schema: GraphQLSchema | undefined;
}

export interface Loading {
  readonly known?: KnownSchema | undefined;
  /** Looks whatever the time of the file and the ETag say. */
  readonly isForced?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Reads the schema of the upstream: from the file, or by introspection, and where the upstream gives SDL (Apollo
 * Federation's `_service`) its directives from that, also where it refuses introspection. Rejects with a SchemaProblem.
 * Nothing of a server is needed for it.
 */
export async function loadUpstreamSchema(
  { file, questioner }: SchemaSource,
  { known, isForced = false, signal }: Loading = {},
): Promise<LoadedSchema> {
  if (file !== undefined) {
    const loaded = await loadSchemaFile(file, known?.file, isForced);
    return { known: { file: loaded.known }, schema: loaded.schema };
  }
  if (!questioner) throw new SchemaProblem('away', 'There is no upstream; name it with --upstream URL.');
  return loadFromUpstream(questioner, { known, isForced, signal });
}

/** An ETag that never changes would hide every change for ever: each so-manieth look does without. */
const believedAtMost = 9;

const subject = 'The schema that the upstream tells';
const subjectOfSdl = 'The SDL that the upstream gives';

async function loadFromUpstream(
  questioner: SchemaQuestioner,
  { known = {}, isForced = false, signal }: Loading,
): Promise<LoadedSchema> {
  const believed = known.believed ?? 0;
  const isConditional = !isForced && believed < believedAtMost;
  const introspected = await introspect(questioner, { seen: known.introspection, isConditional, signal });
  const sdl = await readSdl(questioner, introspected, signal);
  const sdlHash = sdl === undefined ? undefined : hashOf(sdl);
  const seen = introspected.kind === 'refused' ? undefined : introspected.seen;
  const next = { introspection: seen, sdl: sdlHash, believed: isConditional ? believed + 1 : 0 };
  const isSameKind = introspected.kind === 'same' || (introspected.kind === 'refused' && !known.introspection);
  if (isSameKind && sdlHash === known.sdl) return { known: next, schema: undefined };
  // The directives have changed and the rest has not: that is needed again.
  const whole =
    introspected.kind === 'same' ? await introspect(questioner, { isConditional: false, signal }) : introspected;
  await nextTurn();
  return { known: next, schema: build(whole, sdl) };
}

function build(introspected: Introspected, sdl: string | undefined): GraphQLSchema {
  const described = sdl === undefined ? undefined : buildFromSdl(sdl, subjectOfSdl);
  if (introspected.kind !== 'new') {
    if (!described) throw refused();
    return described;
  }
  const schema = buildFromIntrospection(introspected.data, subject);
  if (described) adoptNodes(schema, described);
  return schema;
}

async function readSdl(
  questioner: SchemaQuestioner,
  introspected: Introspected,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (introspected.kind === 'refused') {
    const sdl = await askSdl(questioner, signal);
    if (sdl === undefined) throw refused();
    return sdl;
  }
  if (!introspected.seen.hasSdl) return undefined;
  const sdl = await askSdl(questioner, signal);
  // There may be directives in it that say who may do what: better no schema than one without them.
  if (sdl === undefined) {
    throw new SchemaProblem(
      'invalid',
      'The upstream has _service { sdl } and does not give it; name a file with upstreamSchema.',
    );
  }
  return sdl;
}

function refused(): SchemaProblem {
  return new SchemaProblem(
    'refused',
    'The upstream refuses introspection; switch it on there, or name a file with upstreamSchema.',
  );
}
