import {
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';

/** From schema coordinates (`Query.companies`, `Color.RED`) to what the field takes and gives. */
export type SchemaFields = ReadonlyMap<string, string>;

/** Coordinates, in the order of the alphabet. */
export interface SchemaChanges {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Of another type, or with other arguments. */
  readonly changed: readonly string[];
}

/** The fields, input fields and enum values of a schema. */
export function listSchemaFields(schema: GraphQLSchema): SchemaFields {
  const fields = new Map<string, string>();
  for (const type of Object.values(schema.getTypeMap())) {
    if (isIntrospectionType(type)) continue;
    if (isEnumType(type)) for (const { name } of type.getValues()) fields.set(`${type.name}.${name}`, '');
    else if (isObjectType(type) || isInterfaceType(type)) {
      for (const field of Object.values(type.getFields())) {
        const args = field.args.map((arg) => `${arg.name}: ${arg.type}`).sort();
        fields.set(`${type.name}.${field.name}`, `(${args.join(', ')}): ${field.type}`);
      }
    } else if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) fields.set(`${type.name}.${field.name}`, `: ${field.type}`);
    }
  }
  return fields;
}

export function compareSchemaFields(before: SchemaFields, after: SchemaFields): SchemaChanges {
  const added = [...after.keys()].filter((name) => !before.has(name));
  const removed = [...before.keys()].filter((name) => !after.has(name));
  const changed = [...after].filter(([name, is]) => before.has(name) && before.get(name) !== is).map(([name]) => name);
  return { added: added.sort(), removed: removed.sort(), changed: changed.sort() };
}

/** As text, the same for the same schema whatever its order. */
export function writeSchemaFields(fields: SchemaFields): string {
  return JSON.stringify([...fields].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** What writeSchemaFields wrote; undefined where it is something else. */
export function readSchemaFields(text: string): SchemaFields | undefined {
  try {
    return new Map(JSON.parse(text) as [string, string][]);
  } catch {
    return undefined;
  }
}
