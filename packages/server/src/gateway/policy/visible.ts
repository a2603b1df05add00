import {
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type GraphQLUnionType,
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isSpecifiedScalarType,
  isUnionType,
} from 'graphql';

type Composite = GraphQLObjectType | GraphQLInterfaceType;

/** What is left of a schema. */
export interface Visible {
  hasType(type: GraphQLNamedType): boolean;
  hasField(type: string, field: string): boolean;
}

/** Finds what can be reached from the root types by fields that `allows` says yes to. */
export function findVisible(schema: GraphQLSchema, allows: (type: string, field: string) => boolean): Visible {
  const fields = findUsableFields(schema, allows);
  const reached = new Set<string>();
  const returned = new Set<string>();
  const isUsable = createIsUsable(fields);

  // A list rather than calls in calls: a schema can be a chain of thousands of types.
  const waiting: GraphQLNamedType[] = [];

  function reach(type: GraphQLNamedType): void {
    if (reached.has(type.name) || !isUsable(type)) return;
    reached.add(type.name);
    waiting.push(type);
  }

  function look(type: GraphQLNamedType): void {
    if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of usableFieldsOf(type)) {
        for (const arg of field.args) reach(getNamedType(arg.type));
        reachReturned(getNamedType(field.type));
      }
      for (const each of type.getInterfaces()) reach(each);
    } else if (isUnionType(type)) for (const each of type.getTypes()) reach(each);
    else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) reach(getNamedType(field.type));
    }
  }

  /** Behind an interface that some field returns, any type of it may stand; behind one that is only implemented, none. */
  function reachReturned(type: GraphQLNamedType): void {
    reach(type);
    if (!isInterfaceType(type) || returned.has(type.name)) return;
    returned.add(type.name);
    const { objects, interfaces } = schema.getImplementations(type);
    for (const each of [...objects, ...interfaces]) reach(each);
  }

  function usableFieldsOf(type: Composite): readonly GraphQLField<unknown, unknown>[] {
    return Object.values(type.getFields()).filter(({ name }) => fields.get(type.name)?.has(name));
  }

  for (const root of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    if (root) reach(root);
  }
  for (const { args } of schema.getDirectives()) for (const { type } of args) reach(getNamedType(type));
  for (let type = waiting.pop(); type; type = waiting.pop()) look(type);
  return {
    hasType: ({ name }) => reached.has(name) || name.startsWith('__'),
    hasField: (type, field) => fields.get(type)?.has(field) ?? type.startsWith('__'),
  };
}

type Fields = ReadonlyMap<string, Set<string>>;

/** A type with no field or member left cannot be in a schema (GraphQL §3.6, §3.8). */
function createIsUsable(fields: Fields): (type: GraphQLNamedType) => boolean {
  const hasFields = ({ name }: GraphQLNamedType) => (fields.get(name)?.size ?? 0) > 0;
  return (type) => {
    if (isObjectType(type) || isInterfaceType(type)) return hasFields(type);
    if (isUnionType(type)) return type.getTypes().some(hasFields);
    return isSpecifiedScalarType(type) || !type.name.startsWith('__');
  };
}

/**
 * The fields that are allowed and whose type has something left: where the last of a type falls away, so do the fields
 * that return it, and where a type loses a field, so do its interfaces (GraphQL §3.6, IsValidImplementation).
 */
function findUsableFields(schema: GraphQLSchema, allows: (type: string, field: string) => boolean): Fields {
  const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));
  const composites = types.filter((type) => isObjectType(type) || isInterfaceType(type));
  const fields = new Map(composites.map((type) => [type.name, new Set(Object.keys(type.getFields()))]));
  const isUsable = createIsUsable(fields);
  const users = findUsers(types);
  const lost: (readonly [type: Composite, field: string])[] = composites.flatMap((type) =>
    Object.keys(type.getFields())
      .filter((field) => !allows(type.name, field))
      .map((field) => [type, field] as const),
  );

  function loseType({ name }: GraphQLNamedType): void {
    lost.push(...(users.fields.get(name) ?? []));
    for (const union of users.unions.get(name) ?? []) {
      if (!isUsable(union)) lost.push(...(users.fields.get(union.name) ?? []));
    }
  }

  for (let next = lost.pop(); next; next = lost.pop()) {
    const [type, field] = next;
    if (!fields.get(type.name)?.delete(field)) continue;
    if (!isUsable(type)) loseType(type);
    else for (const each of type.getInterfaces()) if (fields.get(each.name)?.has(field)) lost.push([each, field]);
  }
  return fields;
}

/** For each type the fields that return it, and the unions that it is a member of. */
function findUsers(types: readonly GraphQLNamedType[]) {
  const fields = new Map<string, (readonly [Composite, string])[]>();
  const unions = new Map<string, GraphQLUnionType[]>();
  for (const type of types) {
    if (isUnionType(type)) {
      for (const { name } of type.getTypes()) unions.set(name, [...(unions.get(name) ?? []), type]);
    }
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const returned = getNamedType(field.type).name;
      const known = fields.get(returned);
      if (known) known.push([type, field.name]);
      else fields.set(returned, [[type, field.name]]);
    }
  }
  return { fields, unions };
}
