import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isListType,
  isObjectType,
  isWrappingType,
} from 'graphql';
import { type ListSize, readListSize, readWeight } from './directives.js';

/** How the size of what a field gives is found. */
export interface Sizing {
  /** Paths of the arguments that say how many the caller wants. */
  readonly slicing: readonly (readonly string[])[];
  /** How many there are where none of them is given. */
  readonly assumed: number | undefined;
}

/** What there is to know of a field of the schema; of an interface's field, over all types that have it. */
export interface FieldFacts {
  readonly field: GraphQLField<unknown, unknown>;
  /** The type without its lists. */
  readonly type: GraphQLNamedType;
  /** How many lists are around it. */
  readonly lists: number;
  /** What `@cost` says for a call of the field. */
  readonly weight: number | undefined;
  /** What each object that it gives costs. */
  readonly typeWeight: number;
  readonly sizings: readonly Sizing[];
  /** A list that has no size of its own and takes that of the field above it, such as "nodes" of a connection. */
  readonly isSizedFromAbove: boolean;
}

export interface SchemaFacts {
  readonly schema: GraphQLSchema;
  /** Undefined for what the schema does not know. */
  field(parent: GraphQLNamedType, name: string): FieldFacts | undefined;
}

/** The names under which most APIs take the length of a list, for schemas that do not say it. */
const slicingNames = new Set(['first', 'last', 'limit', 'top', 'take', 'pageSize', 'perPage']);

/** The names under which most APIs give the list of a page. */
const pageNames = ['nodes', 'edges', 'items', 'results'];

/** Reads a schema as it is asked for, each field once. */
export function createSchemaFacts(schema: GraphQLSchema): SchemaFacts {
  const known = new Map<string, FieldFacts | undefined>();
  const sizedFields = new Set([...pageNames, ...listSizedFields(schema)]);

  function read(parent: GraphQLNamedType, name: string): FieldFacts | undefined {
    if (!isObjectType(parent) && !isInterfaceType(parent)) return undefined;
    const field = parent.getFields()[name];
    if (!field) return undefined;
    const all = [field, ...implementations(schema, parent, name)];
    const type = getNamedType(field.type);
    const weights = all.map(readWeight).filter((weight) => weight !== undefined);
    const sizings = all.flatMap((each) => sizingOf(each, readListSize(each)) ?? []);
    const lists = countLists(field);
    return {
      field,
      type,
      lists,
      weight: weights.length > 0 ? weights.reduce((a, b) => Math.max(a, b)) : undefined,
      typeWeight: typeWeight(schema, type),
      sizings: distinct(sizings),
      isSizedFromAbove: lists > 0 && sizings.length === 0 && sizedFields.has(name),
    };
  }

  return {
    schema,
    field(parent, name) {
      const key = `${parent.name}.${name}`;
      const hit = known.get(key);
      if (hit) return hit;
      const facts = read(parent, name);
      // Only what is there: names that callers think of would make it grow.
      if (facts) known.set(key, facts);
      return facts;
    },
  };
}

function implementations(schema: GraphQLSchema, parent: GraphQLNamedType, name: string) {
  if (!isInterfaceType(parent)) return [];
  return schema.getPossibleTypes(parent).flatMap((type) => type.getFields()[name] ?? []);
}

function sizingOf(field: GraphQLField<unknown, unknown>, listSize: ListSize | undefined): Sizing | undefined {
  if (listSize) {
    return { slicing: listSize.slicingArguments.map((path) => path.split('.')), assumed: listSize.assumedSize };
  }
  const names = field.args.map(({ name }) => name).filter((name) => slicingNames.has(name));
  return names.length > 0 ? { slicing: names.map((name) => [name]), assumed: undefined } : undefined;
}

function distinct(sizings: readonly Sizing[]): readonly Sizing[] {
  return [...new Map(sizings.map((sizing) => [JSON.stringify(sizing), sizing])).values()];
}

function countLists({ type }: GraphQLField<unknown, unknown>): number {
  let lists = 0;
  for (let inner: unknown = type; isWrappingType(inner); inner = inner.ofType) if (isListType(inner)) lists++;
  return lists;
}

/** An object costs 1 unless `@cost` says otherwise, a scalar or an enum nothing; of an abstract type the dearest that it can be. */
function typeWeight(schema: GraphQLSchema, type: GraphQLNamedType): number {
  if (!isAbstractType(type)) return readWeight(type) ?? (isCompositeType(type) ? 1 : 0);
  const weights = schema.getPossibleTypes(type).map((each) => readWeight(each) ?? 1);
  return weights.length > 0 ? weights.reduce((a, b) => Math.max(a, b)) : 1;
}

function listSizedFields(schema: GraphQLSchema): readonly string[] {
  return Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) || isInterfaceType(type)
      ? Object.values(type.getFields()).flatMap((field) => readListSize(field)?.sizedFields ?? [])
      : [],
  );
}
