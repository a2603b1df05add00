import {
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
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

  function reach(type: GraphQLNamedType): void {
    if (reached.has(type.name) || !isUsable(type)) return;
    reached.add(type.name);
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
 * The fields that are allowed and whose type has something left, again and again until nothing more falls away: also an
 * interface's field where a type of that interface has lost it (GraphQL §3.6, IsValidImplementation).
 */
function findUsableFields(schema: GraphQLSchema, allows: (type: string, field: string) => boolean): Fields {
  const types = Object.values(schema.getTypeMap()).filter(
    (type) => (isObjectType(type) || isInterfaceType(type)) && !type.name.startsWith('__'),
  ) as readonly Composite[];
  const fields = new Map(
    types.map((type) => [
      type.name,
      new Set(Object.keys(type.getFields()).filter((field) => allows(type.name, field))),
    ]),
  );
  const isUsable = createIsUsable(fields);

  function isLost(type: Composite, { name, type: returned }: GraphQLField<unknown, unknown>): boolean {
    if (!isUsable(getNamedType(returned))) return true;
    if (!isInterfaceType(type)) return false;
    const { objects, interfaces } = schema.getImplementations(type);
    return [...objects, ...interfaces].some((each) => isUsable(each) && !fields.get(each.name)?.has(name));
  }

  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false;
    for (const type of types) {
      const left = fields.get(type.name);
      for (const name of [...(left ?? [])]) {
        const field = type.getFields()[name];
        if (field && !isLost(type, field)) continue;
        left?.delete(name);
        hasChanged = true;
      }
    }
  }
  return fields;
}
