import {
  buildSchema,
  type DocumentNode,
  execute,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLScalarType,
  type GraphQLSchema,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  parse,
  type SelectionSetNode,
} from 'graphql';

/** An answer of the upstream to its fields alone. */
export interface Direct {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly { message: string; path?: unknown; extensions?: unknown }[];
}

/**
 * The data that a query of mixed fields has to be answered with, as JSON: graphql-js runs its root against a schema
 * whose fields give out, as they are, what the upstream answered and what is known to be ours. So it decides about the
 * order of keys, about @skip and @include, and about what is merged.
 */
export function expectedData(
  query: string,
  operationName: string | null | undefined,
  variables: Readonly<Record<string, unknown>>,
  direct: Direct,
  schema: GraphQLSchema,
): string {
  if (!direct.data) return 'null';
  const answers = direct.data;
  const root = schema.getQueryType() as GraphQLObjectType;
  const fieldsOf = (type: GraphQLObjectType | GraphQLInterfaceType) =>
    Object.values(type.getFields()).map(({ name, type: of }) => `${name}: ${isNonNullType(of) ? 'Any!' : 'Any'}`);
  const interfaces = root.getInterfaces();
  const flat = buildSchema(
    `schema { query: ${root.name} } scalar Any
      ${interfaces.map((one) => `interface ${one.name} { ${fieldsOf(one).join('\n')} }`).join('\n')}
      type ${root.name} ${interfaces.length > 0 ? `implements ${interfaces.join(' & ')}` : ''} {
        viewer: Any! ownSchema: Any! ownType: Any ${fieldsOf(root).join('\n')} }`,
  );
  Object.assign(flat.getType('Any') as GraphQLScalarType, { serialize: (value: unknown) => value });
  const definitions = flat.getQueryType()?.getFields() ?? {};
  for (const [name, definition] of Object.entries(definitions)) {
    definition.resolve = (_source, _args, _context, { path }) =>
      name === 'viewer'
        ? { userName: 'ada@example.com' }
        : name === 'ownSchema'
          ? { queryType: { name: root.name } }
          : name === 'ownType'
            ? null
            : answers[path.key];
  }
  const result = execute({ schema: flat, document: flatten(parse(query)), variableValues: variables, operationName });
  const { data, errors } = result as { data?: unknown; errors?: readonly Error[] };
  if (data === undefined) throw new Error(`The expected answer cannot be made: ${errors?.join()} in ${query}`);
  return JSON.stringify(data);
}

/** Without what is below the root, and with variables of conditions alone. */
function flatten(document: DocumentNode): DocumentNode {
  const isCondition = (definition: NonNullable<OperationDefinitionNode['variableDefinitions']>[number]) =>
    definition.type.kind === Kind.NON_NULL_TYPE &&
    definition.type.type.kind === Kind.NAMED_TYPE &&
    definition.type.type.name.value === 'Boolean';
  return {
    kind: Kind.DOCUMENT,
    definitions: document.definitions.map((definition) => {
      if (!('selectionSet' in definition)) return definition;
      const selectionSet = flatSet(definition.selectionSet);
      if (definition.kind !== Kind.OPERATION_DEFINITION) return { ...definition, selectionSet };
      const variableDefinitions = definition.variableDefinitions?.filter(isCondition) ?? [];
      return { ...definition, selectionSet, variableDefinitions };
    }),
  };
}

const renamed: Readonly<Record<string, string>> = { __schema: 'ownSchema', __type: 'ownType' };

function flatSet({ selections }: SelectionSetNode): SelectionSetNode {
  return {
    kind: Kind.SELECTION_SET,
    selections: selections.map((selection) => {
      if (selection.kind === Kind.INLINE_FRAGMENT)
        return { ...selection, selectionSet: flatSet(selection.selectionSet) };
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
      const { name, alias, directives = [] } = selection;
      const value = renamed[name.value] ?? name.value;
      return {
        kind: Kind.FIELD,
        name: { kind: Kind.NAME, value },
        ...((alias || value !== name.value) && { alias: alias ?? name }),
        directives,
      };
    }),
  };
}
