import {
  buildASTSchema,
  buildClientSchema,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLField,
  type GraphQLInputField,
  type GraphQLSchema,
  type IntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  Kind,
  parse,
  specifiedScalarTypes,
  validateSchema,
  visit,
} from 'graphql';
import { inOneLine, SchemaProblem } from './schema-problem.js';

/**
 * A schema from SDL, with its nodes (`astNode`), from which directives are read. Directives and types of Apollo
 * Federation need not be defined in it. Throws a SchemaProblem that begins with `subject`.
 */
export function buildFromSdl(text: string, subject: string): GraphQLSchema {
  return build(subject, () => {
    const document = parse(text, { noLocation: true });
    return buildASTSchema(withMissingScalars(withoutOrphans(document)), { assumeValidSDL: true });
  });
}

/** A schema from what introspection answers. Throws a SchemaProblem that begins with `subject`. */
export function buildFromIntrospection(data: IntrospectionQuery, subject: string): GraphQLSchema {
  return build(subject, () => buildClientSchema(data));
}

function build(subject: string, make: () => GraphQLSchema): GraphQLSchema {
  let schema: GraphQLSchema;
  try {
    schema = make();
  } catch (error) {
    throw new SchemaProblem('invalid', `${subject} is not one: ${inOneLine(error)}`, error);
  }
  const [first, ...others] = validateSchema(schema);
  if (!first) return schema;
  const more = others.length > 0 ? ` (and ${others.length} more)` : '';
  throw new SchemaProblem('invalid', `${subject} is not valid: ${inOneLine(first)}${more}`);
}

const extensionOf: Readonly<Record<string, string>> = {
  [Kind.OBJECT_TYPE_EXTENSION]: Kind.OBJECT_TYPE_DEFINITION,
  [Kind.INTERFACE_TYPE_EXTENSION]: Kind.INTERFACE_TYPE_DEFINITION,
  [Kind.INPUT_OBJECT_TYPE_EXTENSION]: Kind.INPUT_OBJECT_TYPE_DEFINITION,
  [Kind.ENUM_TYPE_EXTENSION]: Kind.ENUM_TYPE_DEFINITION,
  [Kind.UNION_TYPE_EXTENSION]: Kind.UNION_TYPE_DEFINITION,
  [Kind.SCALAR_TYPE_EXTENSION]: Kind.SCALAR_TYPE_DEFINITION,
};

/** A subgraph may extend a type that another one defines, its Query to begin with: here the first extension defines it. */
function withoutOrphans(document: DocumentNode): DocumentNode {
  const defined = namesOfTypes(document);
  const definitions = document.definitions.map((definition) => {
    const kind = extensionOf[definition.kind];
    if (kind === undefined || !('name' in definition) || !definition.name || defined.has(definition.name.value)) {
      return definition;
    }
    defined.add(definition.name.value);
    return { ...definition, kind } as DefinitionNode;
  });
  return { kind: Kind.DOCUMENT, definitions };
}

function namesOfTypes(document: DocumentNode): Set<string> {
  const kinds = new Set(Object.values(extensionOf));
  return new Set(
    document.definitions.flatMap((definition) =>
      kinds.has(definition.kind) && 'name' in definition && definition.name ? [definition.name.value] : [],
    ),
  );
}

/** The machinery of Federation (_Any, FieldSet, link__Import …) is often used without being defined. */
function withMissingScalars(document: DocumentNode): DocumentNode {
  const defined = namesOfTypes(document);
  for (const { name } of specifiedScalarTypes) defined.add(name);
  const missing = new Set<string>();
  let isInDirective = false;
  visit(document, {
    DirectiveDefinition: {
      enter() {
        isInDirective = true;
      },
      leave() {
        isInDirective = false;
      },
    },
    NamedType({ name: { value } }) {
      if (!defined.has(value) && (isInDirective || value.startsWith('_') || value.includes('__'))) missing.add(value);
    },
  });
  const scalars = [...missing].map(
    (value) => ({ kind: Kind.SCALAR_TYPE_DEFINITION, name: { kind: Kind.NAME, value } }) as const,
  );
  return { kind: Kind.DOCUMENT, definitions: [...document.definitions, ...scalars] };
}

/** Gives the parts of `schema` the nodes that the same parts of `described` have: introspection tells no directives. */
export function adoptNodes(schema: GraphQLSchema, described: GraphQLSchema): void {
  schema.astNode = described.astNode;
  schema.extensionASTNodes = described.extensionASTNodes;
  for (const type of Object.values(schema.getTypeMap())) {
    const other = described.getType(type.name);
    // Those that come with the language are the same objects in every schema.
    if (!other || isSpecifiedScalarType(type) || isIntrospectionType(type)) continue;
    if (other.constructor !== type.constructor) continue;
    Object.assign(type, { astNode: other.astNode, extensionASTNodes: other.extensionASTNodes });
    if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
      adoptFields(type.getFields(), (other as typeof type).getFields());
    } else if (isEnumType(type) && isEnumType(other)) {
      for (const value of type.getValues()) value.astNode = other.getValue(value.name)?.astNode;
    }
  }
}

type Fields = Readonly<Record<string, GraphQLField<unknown, unknown> | GraphQLInputField>>;

function adoptFields(fields: Fields, others: Fields): void {
  for (const [name, field] of Object.entries(fields)) {
    const other = others[name];
    if (!other) continue;
    field.astNode = other.astNode as never;
    if (!('args' in field) || !('args' in other)) continue;
    for (const arg of field.args) arg.astNode = other.args.find((one) => one.name === arg.name)?.astNode;
  }
}
