import {
  type DefinitionNode,
  type DocumentNode,
  type EnumTypeDefinitionNode,
  extendSchema,
  type GraphQLNamedType,
  type GraphQLSchema,
  type InputObjectTypeDefinitionNode,
  isIntrospectionType,
  isSpecifiedScalarType,
  Kind,
  type ObjectTypeDefinitionNode,
  type OperationTypeDefinitionNode,
  type OperationTypeNode,
} from 'graphql';

/** A name of ours that the upstream has too: the provider must rename one. The message says how. */
export class NameClashError extends Error {
  override readonly name = 'NameClashError';
}

/** From our names, such as "Query.viewer" or "Viewer", to what they are called instead. */
export type Rename = Readonly<Record<string, string>>;

/** What the upstream calls its root types; undefined where it has none. */
export function rootNames(upstream: GraphQLSchema): Record<'Query' | 'Mutation', string | undefined> {
  return { Query: upstream.getQueryType()?.name, Mutation: upstream.getMutationType()?.name };
}

/**
 * The upstream's schema with our fields and types in it: what the IDE and introspection show. `own` is our
 * SDL, whose root types are called Query and Mutation whatever the upstream calls its own.
 * Throws NameClashError.
 */
export function mergeSchemas(upstream: GraphQLSchema, own: DocumentNode, rename: Rename = {}): GraphQLSchema {
  assertNoClash(upstream, own, rename);
  const roots = rootNames(upstream);
  const missing = Object.entries(roots).filter(([, name]) => name === undefined);
  const definitions = own.definitions.map((definition) => {
    const isRoot = definition.kind === Kind.OBJECT_TYPE_DEFINITION && definition.name.value in roots;
    const name = isRoot ? roots[definition.name.value as keyof typeof roots] : undefined;
    return name === undefined ? definition : toExtension(definition as ObjectTypeDefinitionNode, name);
  });
  const operationTypes = missing.map(([root]) => operationType(root));
  if (operationTypes.length > 0) definitions.push({ kind: Kind.SCHEMA_EXTENSION, operationTypes });
  return extendSchema(upstream, { kind: Kind.DOCUMENT, definitions }, { assumeValidSDL: true });
}

function toExtension({ fields = [] }: ObjectTypeDefinitionNode, name: string) {
  return { kind: Kind.OBJECT_TYPE_EXTENSION, name: { kind: Kind.NAME, value: name }, fields } as const;
}

function operationType(root: string): OperationTypeDefinitionNode {
  return {
    kind: Kind.OPERATION_TYPE_DEFINITION,
    operation: root.toLowerCase() as OperationTypeNode,
    type: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: root } },
  };
}

function assertNoClash(upstream: GraphQLSchema, own: DocumentNode, rename: Rename): void {
  const types = upstream.getTypeMap();
  const rootFields = { Query: upstream.getQueryType()?.getFields(), Mutation: upstream.getMutationType()?.getFields() };
  for (const definition of own.definitions) {
    if (!isTypeOfOurs(definition)) continue;
    const name = definition.name.value;
    if (name === 'Query' || name === 'Mutation') {
      const clash = (definition as ObjectTypeDefinitionNode).fields?.find(
        (field) => rootFields[name]?.[field.name.value],
      );
      if (clash) throw clashOf(`${name}.${clash.name.value}`, rename);
    } else if (isDefinedByUpstream(types[name])) throw clashOf(name, rename);
  }
}

type OwnType = ObjectTypeDefinitionNode | InputObjectTypeDefinitionNode | EnumTypeDefinitionNode;

function isTypeOfOurs(definition: DefinitionNode): definition is OwnType {
  const kinds: readonly Kind[] = [
    Kind.OBJECT_TYPE_DEFINITION,
    Kind.INPUT_OBJECT_TYPE_DEFINITION,
    Kind.ENUM_TYPE_DEFINITION,
  ];
  return kinds.includes(definition.kind);
}

function isDefinedByUpstream(type: GraphQLNamedType | undefined): boolean {
  return type !== undefined && !isSpecifiedScalarType(type) && !isIntrospectionType(type);
}

function clashOf(name: string, rename: Rename): NameClashError {
  const [parent, field] = name.split('.') as [string, string?];
  const bare = field ?? parent;
  const isSame = ([from, to]: [string, string]) => to === bare && from.includes('.') === (field !== undefined);
  const original = Object.entries(rename).find(isSame)?.[0] ?? name;
  const other = field === undefined ? `Latchkey${bare}` : `latchkey${bare[0]?.toUpperCase()}${bare.slice(1)}`;
  return new NameClashError(
    `The upstream has ${name}, and so does Latchkey. Rename ours in the configuration file: {"rename":{"${original}":"${other}"}}`,
  );
}
