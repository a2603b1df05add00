import {
  buildSchema,
  type GraphQLEnumType,
  type GraphQLObjectType,
  GraphQLString,
  introspectionFromSchema,
  validateSchema,
} from 'graphql';
import { describe, expect, test } from 'vitest';
import { mergeSchemas } from './schema.js';
import { SchemaProblem } from './schema-problem.js';
import { adoptNodes, buildFromIntrospection, buildFromSdl } from './schema-sdl.js';

const subgraph = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@authenticated"])
  directive @link(url: String!, import: [link__Import], for: link__Purpose) repeatable on SCHEMA
  directive @key(fields: FieldSet!, resolvable: Boolean = true) repeatable on OBJECT | INTERFACE
  extend type Query { secret: String @authenticated, shop(id: ID! @listSize(assumedSize: 3)): Shop }
  extend type Query { _entities(representations: [_Any!]!): [_Entity]! }
  type Shop @key(fields: "id") { id: ID!, color: Color @cost(weight: "5") }
  enum Color { RED @inaccessible GREEN }
`;
const namesOf = (nodes: readonly { readonly name: { readonly value: string } }[] | undefined) =>
  nodes?.map(({ name }) => name.value);
const queryOf = (schema: ReturnType<typeof buildFromSdl>) => schema.getQueryType()?.getFields() ?? {};

describe('a schema from SDL', () => {
  test('of a subgraph needs no definition of what Federation brings along', () => {
    const schema = buildFromSdl(subgraph, 'It');
    expect(validateSchema(schema)).toEqual([]);
    expect(Object.keys(queryOf(schema))).toEqual(['secret', 'shop', '_entities']);
    expect(namesOf(queryOf(schema).secret?.astNode?.directives)).toEqual(['authenticated']);
    expect(namesOf(queryOf(schema).shop?.args[0]?.astNode?.directives)).toEqual(['listSize']);
    expect(schema.extensionASTNodes[0]?.directives?.[0]?.name.value).toBe('link');
  });

  test('keeps its nodes when ours comes into it', () => {
    const own = { kind: 'Document', definitions: [] } as const;
    const merged = mergeSchemas(buildFromSdl(`${subgraph} type Mutation { a: Int }`, 'It'), own as never);
    expect(namesOf(queryOf(merged).secret?.astNode?.directives)).toEqual(['authenticated']);
  });

  test.each([
    ['no GraphQL', 'type Query {', 'It is not one: Syntax Error: Expected Name, found <EOF>.'],
    ['a type that is nowhere', 'type Query { a: Shop }', 'It is not one: Unknown type: "Shop".'],
    ['no Query', 'type Shop { id: ID }', 'It is not valid: Query root type must be provided.'],
    [
      'several errors',
      'type Query { a: In, b: In } input In { a: Int }',
      'It is not valid: The type of Query.a must be Output Type but got: In. (and 1 more)',
    ],
    [
      'a list that is too deep',
      `type Query { a: ${'['.repeat(50_000)}`,
      'It is not one: Maximum call stack size exceeded',
    ],
  ])('is refused in a line where it has %s', (_, sdl, message) => {
    expect(() => buildFromSdl(sdl, 'It')).toThrow(new SchemaProblem('invalid', message));
  });
});

describe('an introspected schema', () => {
  test('gets the directives of the SDL, also on arguments and enum values, and nothing else', () => {
    const plain =
      'type Query { secret: String shop(id: ID!): Shop other: Int } type Shop { id: ID!, color: Color } enum Color { RED GREEN }';
    const schema = buildFromIntrospection(introspectionFromSchema(buildSchema(plain)), 'It');
    adoptNodes(schema, buildFromSdl(subgraph, 'The SDL'));
    const { secret, shop, other } = queryOf(schema);
    expect(namesOf(secret?.astNode?.directives)).toEqual(['authenticated']);
    expect(namesOf(shop?.args[0]?.astNode?.directives)).toEqual(['listSize']);
    expect(other?.astNode).toBeUndefined();
    expect(Object.keys(queryOf(schema))).toEqual(['secret', 'shop', 'other']);
    const type = schema.getType('Shop') as GraphQLObjectType;
    expect(namesOf(type.astNode?.directives)).toEqual(['key']);
    expect(namesOf(type.getFields().color?.astNode?.directives)).toEqual(['cost']);
    const color = schema.getType('Color') as GraphQLEnumType;
    expect(namesOf(color.getValue('RED')?.astNode?.directives)).toEqual(['inaccessible']);
    // The types of the language are shared by all schemas.
    expect(GraphQLString.astNode).toBeUndefined();
  });
});
