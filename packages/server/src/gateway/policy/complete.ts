import {
  executeSync,
  type GraphQLError,
  type GraphQLFieldResolver,
  type GraphQLTypeResolver,
  getVariableValues,
  isNonNullType,
  isObjectType,
  Kind,
  OperationTypeNode,
} from 'graphql';
import { type ErrorCode, LatchkeyError } from '../../domain/errors.js';
import type { Variables } from '../document.js';
import { type Answer, withoutLocations } from '../merge.js';
import type { Filter } from './filter.js';
import type { RefusalCode } from './needs.js';

/** A list of a million objects, each with a field that is kept back, must not become a million errors. */
const maxErrors = 1_000;

/** Values in an answer: so many take about a quarter of a second, in which nobody else is served. */
const maxValues = 250_000;

/** An error at a path in the answer. */
export interface Missing {
  readonly error: LatchkeyError;
  readonly path: readonly (string | number)[];
}

interface Completed {
  /** Undefined where a variable does not fit, which findVariableErrors says before. */
  readonly data: Answer['data'] | undefined;
  readonly missing: readonly Missing[];
}

/**
 * The answer to the caller's whole document, made of the upstream's answer to what was left of it: null with
 * an error where something was kept back, by the algorithm of the specification (GraphQL §6.4). That decides about
 * the order of keys, paths, lists, @skip, @include, and null that goes up where a field must not be null.
 * Throws DOCUMENT_TOO_COMPLEX where there is too much to go through.
 */
function completeData(filter: Filter, data: object, variables: Variables): Completed {
  if (countValues(data, maxValues) > maxValues) throw tooLarge(filter);
  const resolve = { fieldResolver: createFieldResolver(filter), typeResolver: createTypeResolver(filter) };
  const { document, completion: schema } = filter;
  const result = withoutStacks(() =>
    executeSync({ schema, document, rootValue: data, variableValues: variables, ...resolve }),
  );
  return {
    data: result.data as Answer['data'],
    missing: (result.errors ?? []).slice(0, maxErrors).map(toMissing),
  };
}

function tooLarge({ analysis }: Filter): LatchkeyError {
  const what = `answer has more than ${maxValues} values, which is too much to keep a part of it back.`;
  const isMutation = analysis.operation.operation === OperationTypeNode.MUTATION;
  // Whoever is told no more would send it again.
  const message = isMutation ? `The mutation was run, but its ${what}` : `The ${what} Ask for less at a time.`;
  return new LatchkeyError('DOCUMENT_TOO_COMPLEX', { message });
}

/** Stops soon after `limit`. */
function countValues(data: object, limit: number): number {
  let count = 0;
  const waiting: object[] = [data];
  for (let value = waiting.pop(); value && count <= limit; value = waiting.pop()) {
    const children: readonly unknown[] = Array.isArray(value) ? value : Object.values(value);
    count += children.length;
    for (const child of children) if (typeof child === 'object' && child !== null) waiting.push(child);
  }
  return count;
}

/** The stack of an error tells nothing here, and writing it down takes longer than all the rest. */
function withoutStacks<T>(run: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function createFieldResolver(filter: Filter): GraphQLFieldResolver<unknown, unknown> {
  const { needs } = filter.analysis;
  const throwError = createThrow();
  let refused = 0;

  return (source, _args, _context, { fieldNodes, path, returnType }) => {
    for (const node of fieldNodes) {
      const need = needs.get(node);
      const code = need && filter.refusalOf(need);
      if (!code) continue;
      if (++refused > maxErrors && !isNonNullType(returnType)) return null;
      throwError(code);
    }
    // What was not asked has no value, and an answer that lacks what was asked is not one.
    if (typeof source !== 'object' || source === null || !Object.hasOwn(source, path.key))
      throwError('UPSTREAM_INVALID');
    return (source as Record<string, unknown>)[path.key];
  };
}

function createTypeResolver(filter: Filter): GraphQLTypeResolver<unknown, unknown> {
  const { policy, typeKey, completion } = filter;
  const throwError = createThrow();

  return (value, _context, _info, abstractType) => {
    const name = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[typeKey] : undefined;
    const type = typeof name === 'string' ? completion.getType(name) : undefined;
    if (!isObjectType(type) || !completion.isSubType(abstractType, type)) return throwError('UPSTREAM_INVALID');
    const code = filter.refusalOf(policy.needOfType(type.name));
    return code ? throwError(code) : type.name;
  };
}

/** One error for each code, however often it is thrown: the path is not in it. */
function createThrow(): (code: RefusalCode | 'UPSTREAM_INVALID') => never {
  const errors = new Map<ErrorCode, LatchkeyError>();
  return (code) => {
    const error = errors.get(code) ?? new LatchkeyError(code);
    errors.set(code, error);
    throw error;
  };
}

/** What is none of ours is said by graphql-js of an answer that does not have the shape that the schema promises. */
function toMissing({ originalError, path, message }: GraphQLError): Missing {
  // Without a path it is about a variable, which was null where that is seen only when it is used.
  if (!path) return { error: new LatchkeyError('BAD_USER_INPUT'), path: [] };
  const error =
    originalError instanceof LatchkeyError
      ? originalError
      : new LatchkeyError('UPSTREAM_INVALID', { cause: new Error(message) });
  return { error, path };
}

/**
 * What is wrong with the variables that @skip and @include use, to be seen before anything is run: the upstream does not
 * get those which only fields that are kept back use.
 */
export function findVariableErrors({ document, completion }: Filter, variables: Variables): readonly GraphQLError[] {
  const [operation] = document.definitions;
  if (operation?.kind !== Kind.OPERATION_DEFINITION) return [];
  const { errors } = getVariableValues(completion, operation.variableDefinitions ?? [], variables ?? {});
  return errors ?? [];
}

/**
 * The upstream's answer as the caller gets it; for a subscription, one event of it. `answer` is {} where the upstream
 * was not asked. `format` writes an error of ours. Those of the upstream say no place in the document: they mean the one
 * that was left. Without data where there is none in `answer`. The variables have been
 * looked at with findVariableErrors. Throws like completeData.
 */
export function completeAnswer(
  filter: Filter,
  answer: Answer,
  variables: Variables,
  format: (missing: Missing) => unknown,
): Answer {
  const given = withoutLocations(answer);
  if (filter.part && !given.data) return given;
  const { data, missing } = completeData(filter, given.data ?? {}, variables);
  const errors = [...(given.errors ?? []), ...missing.map(format)];
  return {
    ...(errors.length > 0 && { errors }),
    ...(data !== undefined && { data }),
    ...(given.extensions && { extensions: given.extensions }),
  };
}
