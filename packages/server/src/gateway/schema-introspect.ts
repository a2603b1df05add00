import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { getIntrospectionQuery, type IntrospectionField, type IntrospectionQuery } from 'graphql';
import { SchemaProblem } from './schema-problem.js';
import { requestSchema, type SchemaQuestioner, type SchemaReply } from './schema-request.js';

/** What an introspection gave, to tell the next one from it. */
export interface SeenIntrospection {
  readonly etag: string | undefined;
  /** Of the answer as it came. */
  readonly textHash: string;
  /** Of the schema in it: the same where only the order or the extensions differ. */
  readonly dataHash: string;
  /** Whether the newer questions were answered. */
  readonly isNew: boolean;
  /** Whether there is a field _service with SDL, as the subgraphs of a federation have it. */
  readonly hasSdl: boolean;
}

export type Introspected =
  | { readonly kind: 'new'; readonly seen: SeenIntrospection; readonly data: IntrospectionQuery }
  | { readonly kind: 'same'; readonly seen: SeenIntrospection }
  | { readonly kind: 'refused' };

export interface Asking {
  /** What is known; undefined asks unconditionally. */
  readonly seen?: SeenIntrospection | undefined;
  /** Whether an ETag may be believed this time. */
  readonly isConditional: boolean;
  readonly signal?: AbortSignal | undefined;
}

// Servers of before 2021 refuse the newer questions, so what they refuse is asked again in the older form.
const newerQuery = getIntrospectionQuery({
  descriptions: true,
  specifiedByUrl: true,
  directiveIsRepeatable: true,
  inputValueDeprecation: true,
});
const olderQuery = getIntrospectionQuery({ descriptions: true });

/** Introspects the upstream. Rejects with a SchemaProblem where it is away or what it answers is no GraphQL. */
export async function introspect(questioner: SchemaQuestioner, asking: Asking): Promise<Introspected> {
  const { seen } = asking;
  const first = seen?.isNew ?? true;
  const answered = await ask(questioner, first, asking);
  return answered.kind === 'refused' ? ask(questioner, !first, { ...asking, seen: undefined }) : answered;
}

async function ask(
  questioner: SchemaQuestioner,
  isNew: boolean,
  { seen, isConditional, signal }: Asking,
): Promise<Introspected> {
  const question = { query: isNew ? newerQuery : olderQuery, operationName: 'IntrospectionQuery' };
  const etag = isConditional ? seen?.etag : undefined;
  const reply = await requestSchema(questioner, question, { etag, signal });
  if (seen && etag !== undefined && reply.status === 304) return { kind: 'same', seen };
  const textHash = hashOf(reply.text);
  if (seen?.textHash === textHash) return { kind: 'same', seen: { ...seen, etag: reply.etag } };
  const data = readReply(reply);
  if (!data) return { kind: 'refused' };
  const { __schema } = data as unknown as IntrospectionQuery;
  if (typeof __schema !== 'object' || __schema === null) throw notGraphql(reply.status);
  // Between two pieces of work on megabytes, others have their turn.
  await nextTurn();
  const dataHash = hashOf(JSON.stringify(inOrder(__schema)));
  const now = { etag: reply.etag, textHash, dataHash, isNew, hasSdl: hasSdl({ __schema }) };
  return seen?.dataHash === dataHash ? { kind: 'same', seen: now } : { kind: 'new', seen: now, data: { __schema } };
}

const sdlQuestion = { query: 'query ServiceSdl { _service { sdl } }', operationName: 'ServiceSdl' };

/**
 * Asks for the SDL that a subgraph of a federation gives; undefined where it has none or does not give it. Rejects
 * with a SchemaProblem where the upstream is away or what it answers is no GraphQL.
 */
export async function askSdl(questioner: SchemaQuestioner, signal?: AbortSignal): Promise<string | undefined> {
  const reply = await requestSchema(questioner, sdlQuestion, { signal });
  const service = readReply(reply)?._service as { sdl?: unknown } | null | undefined;
  return typeof service?.sdl === 'string' && service.sdl.trim() !== '' ? service.sdl : undefined;
}

/** An upstream that wants credentials for everything, or forbids the question, with whatever body. */
const refusals = new Set([400, 401, 403, 405, 422]);

/** The data of an answer; undefined where the upstream refuses to answer. Throws a SchemaProblem for anything else. */
function readReply({ status, text }: SchemaReply): Readonly<Record<string, unknown>> | undefined {
  const answer = parse(text);
  if (answer?.data) return answer.data;
  if (status >= 500 || status === 408 || status === 429) {
    throw new SchemaProblem('away', `The upstream answers ${status} when it is asked for its schema.`);
  }
  if (refusals.has(status) || (status < 300 && Array.isArray(answer?.errors) && answer.errors.length > 0)) {
    return undefined;
  }
  throw notGraphql(status);
}

function parse(text: string): { data?: Record<string, unknown> | null; errors?: unknown } | undefined {
  try {
    const answer = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? answer : undefined;
  } catch {
    return undefined;
  }
}

function notGraphql(status: number): SchemaProblem {
  const meant =
    status >= 300 && status < 400
      ? 'it redirects, which is not followed; set upstream to where it leads'
      : 'check that upstream is the address of a GraphQL endpoint';
  return new SchemaProblem('invalid', `The upstream answers ${status} without GraphQL; ${meant}.`);
}

function hasSdl({ __schema }: IntrospectionQuery): boolean {
  const fieldsOf = (name: string | undefined): readonly IntrospectionField[] => {
    const type = Array.isArray(__schema.types) ? __schema.types.find((one) => one?.name === name) : undefined;
    return type?.kind === 'OBJECT' && Array.isArray(type.fields) ? type.fields : [];
  };
  const service = fieldsOf(__schema.queryType?.name).find((field) => field?.name === '_service')?.type;
  const named = service?.kind === 'NON_NULL' ? service.ofType : service;
  return fieldsOf(named && 'name' in named ? named.name : undefined).some((field) => field?.name === 'sdl');
}

/** Some servers list types and fields in another order each time, which means nothing. */
function inOrder(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(inOrder);
    return items.every(isNamed) ? items.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)) : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, inOrder(part)]));
}

function isNamed(value: unknown): value is { readonly name: string } {
  return typeof value === 'object' && value !== null && 'name' in value && typeof value.name === 'string';
}

export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64');
}
