import {
  type GraphQLArgument,
  GraphQLDirective,
  type GraphQLFieldConfigMap,
  GraphQLInputObjectType,
  GraphQLInterfaceType,
  GraphQLList,
  type GraphQLNamedType,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLSchema,
  type GraphQLType,
  GraphQLUnionType,
  isInputObjectType,
  isInterfaceType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedDirective,
  isUnionType,
} from 'graphql';
import { findVisible, type Visible } from './visible.js';

/**
 * `schema` with nothing in it but what `allows` says yes to and what that leads to: no field that is kept back, no type
 * that cannot be reached or has nothing left. Descriptions and resolvers stay.
 */
export function restrictSchema(schema: GraphQLSchema, allows: (type: string, field: string) => boolean): GraphQLSchema {
  const visible = findVisible(schema, allows);
  const made = new Map<string, GraphQLNamedType>();

  function named(type: GraphQLNamedType): GraphQLNamedType {
    const known = made.get(type.name);
    if (known) return known;
    const fresh = create(type);
    made.set(type.name, fresh);
    return fresh;
  }

  function wrapped<T extends GraphQLType>(type: T): T {
    if (isNonNullType(type)) return new GraphQLNonNull(wrapped(type.ofType)) as unknown as T;
    if (isListType(type)) return new GraphQLList(wrapped(type.ofType)) as unknown as T;
    return named(type as GraphQLNamedType) as T;
  }

  function create(type: GraphQLNamedType): GraphQLNamedType {
    if (isObjectType(type) || isInterfaceType(type)) {
      const config = {
        fields: () => fieldsOf(type),
        interfaces: () => type.getInterfaces().filter(visible.hasType).map(named) as GraphQLInterfaceType[],
      };
      return isObjectType(type)
        ? new GraphQLObjectType({ ...type.toConfig(), ...config })
        : new GraphQLInterfaceType({ ...type.toConfig(), ...config });
    }
    if (isUnionType(type)) {
      const types = () => type.getTypes().filter(visible.hasType).map(named) as GraphQLObjectType[];
      return new GraphQLUnionType({ ...type.toConfig(), types });
    }
    if (!isInputObjectType(type)) return type;
    const { fields, ...config } = type.toConfig();
    const mapped = () =>
      Object.fromEntries(
        Object.entries(fields).map(([name, field]) => [name, { ...field, type: wrapped(field.type) }]),
      );
    return new GraphQLInputObjectType({ ...config, fields: mapped });
  }

  function fieldsOf(type: GraphQLObjectType | GraphQLInterfaceType): GraphQLFieldConfigMap<unknown, unknown> {
    const fields = Object.entries(type.toConfig().fields).filter(([name]) => visible.hasField(type.name, name));
    return Object.fromEntries(
      fields.map(([name, field]) => [name, { ...field, type: wrapped(field.type), args: argumentsOf(field.args) }]),
    );
  }

  function argumentsOf<A extends { readonly type: GraphQLArgument['type'] }>(args: Readonly<Record<string, A>> = {}) {
    return Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, { ...arg, type: wrapped(arg.type) }]));
  }

  const directives = schema.getDirectives().map((directive) => {
    if (isSpecifiedDirective(directive)) return directive;
    const { args, ...config } = directive.toConfig();
    return new GraphQLDirective({ ...config, args: argumentsOf(args) });
  });
  const root = (type: GraphQLObjectType | null | undefined) =>
    type && visible.hasType(type) ? (named(type) as GraphQLObjectType) : null;
  return new GraphQLSchema({
    ...schema.toConfig(),
    query: root(schema.getQueryType()),
    mutation: root(schema.getMutationType()),
    subscription: root(schema.getSubscriptionType()),
    types: typesIn(schema, visible).map(named),
    directives,
    assumeValid: true,
  });
}

function typesIn(schema: GraphQLSchema, visible: Visible): readonly GraphQLNamedType[] {
  return Object.values(schema.getTypeMap()).filter((type) => visible.hasType(type) && !type.name.startsWith('__'));
}
