import {
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLUnionType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
  type OperationTypeNode,
} from 'graphql';

/** Whatever the upstream gave: a leaf is never written again or refused, however large or odd it is. */
const leaf = new GraphQLScalarType({ name: 'Leaf', serialize: (value) => value });

/** At the query root, where it is met below the root: null, and the error of what is denied. */
const introspection = { __schema: { type: leaf }, __type: { type: leaf } };

/** A type that no operation starts at. */
const nowhere = new GraphQLObjectType({ name: 'Nowhere', fields: { nothing: { type: leaf } } });

/**
 * The shape of `schema` and nothing else of it: an answer that was given already can be completed by it
 * (GraphQL §6.4.3). Without arguments, which have done their work, and with one scalar in place of all leaves.
 * `operation` starts as a mutation in it whatever it is: graphql-js answers introspection wherever it meets the type
 * of the query root, and it would tell all names.
 */
export function toCompletionSchema(schema: GraphQLSchema, operation: OperationTypeNode): GraphQLSchema {
  const made = new Map<string, GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType>();

  function named(
    type: GraphQLNamedType,
  ): GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType | GraphQLScalarType {
    const known = made.get(type.name);
    if (known) return known;
    const fresh = create(type);
    if (!fresh) return leaf;
    made.set(type.name, fresh);
    return fresh;
  }

  function create(type: GraphQLNamedType): GraphQLObjectType | GraphQLInterfaceType | GraphQLUnionType | undefined {
    const { name } = type;
    if (isUnionType(type))
      return new GraphQLUnionType({ name, types: () => type.getTypes().map(named) as GraphQLObjectType[] });
    if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
    const fields = () => ({
      ...Object.fromEntries(
        Object.values(type.getFields()).map((field) => [field.name, { type: wrapped(field.type) }]),
      ),
      ...(type === schema.getQueryType() && introspection),
    });
    const interfaces = () => type.getInterfaces().map(named) as GraphQLInterfaceType[];
    return isObjectType(type)
      ? new GraphQLObjectType({ name, fields, interfaces })
      : new GraphQLInterfaceType({ name, fields, interfaces });
  }

  function wrapped(type: GraphQLOutputType): GraphQLOutputType {
    if (isNonNullType(type)) return new GraphQLNonNull(wrapped(type.ofType));
    return isListType(type) ? new GraphQLList(wrapped(type.ofType)) : named(type);
  }

  const root = schema.getRootType(operation);
  return new GraphQLSchema({
    query: nowhere,
    mutation: root ? (named(root) as GraphQLObjectType) : null,
    types: Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
      .map(named),
    assumeValid: true,
  });
}
