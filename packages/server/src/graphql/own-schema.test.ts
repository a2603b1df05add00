import { type GraphQLObjectType, type GraphQLSchema, printSchema, validateSchema } from 'graphql';
import { describe, expect, test } from 'vitest';
import { createOwnSurface } from './own-schema.js';

const rootFields = (type: GraphQLObjectType | null | undefined) => Object.values(type?.getFields() ?? {});
const fieldsOf = (schema: GraphQLSchema) => [
  ...rootFields(schema.getQueryType()),
  ...rootFields(schema.getMutationType()),
];

describe('our surface', () => {
  test('is a valid schema in which everything that is not plain is described, and each root field resolved', () => {
    const schema = createOwnSurface({}).createSchema();
    expect(validateSchema(schema)).toEqual([]);
    expect(fieldsOf(schema).map(({ name }) => name)).toEqual([
      'viewer',
      'signIn',
      'signInRefresh',
      'signOut',
      'revokeSession',
    ]);
    for (const { resolve, description } of fieldsOf(schema)) {
      expect(resolve).toBeTypeOf('function');
      expect(description).toMatch(/access token/);
    }
  });

  test('says which fields are ours, and which of them carry a credential', () => {
    const { fields, isCredentialField } = createOwnSurface({});
    expect(fields).toEqual({
      query: new Set(['viewer']),
      mutation: new Set(['signIn', 'signInRefresh', 'signOut', 'revokeSession']),
      subscription: new Set(),
    });
    expect(
      ['signIn', 'signInRefresh', 'signOut', 'revokeSession', 'viewer', 'toString'].filter(isCredentialField),
    ).toEqual(['signIn', 'signInRefresh']);
  });

  test('follows the names of the root types of another schema', () => {
    const schema = createOwnSurface({}).createSchema({ Query: 'query_root', Mutation: undefined });
    expect(validateSchema(schema)).toEqual([]);
    expect([schema.getQueryType()?.name, schema.getMutationType()?.name]).toEqual(['query_root', 'Mutation']);
  });
});

describe('a new name', () => {
  test('of a field goes with its resolver and with being a credential', () => {
    const { fields, isCredentialField, createSchema } = createOwnSurface({
      'Mutation.signIn': 'login',
      'Query.viewer': 'me',
    });
    expect(fields.mutation).toEqual(new Set(['login', 'signInRefresh', 'signOut', 'revokeSession']));
    expect(fields.query).toEqual(new Set(['me']));
    expect([isCredentialField('login'), isCredentialField('signIn')]).toEqual([true, false]);
    expect(createSchema().getMutationType()?.getFields().login?.resolve).toBeTypeOf('function');
  });

  test('of a type is used wherever the type was', () => {
    const { createSchema } = createOwnSurface({ Viewer: 'Me', SignInCredentials: 'Login', SignInResult: 'Tokens' });
    const schema = createSchema();
    expect(validateSchema(schema)).toEqual([]);
    const sdl = printSchema(schema);
    expect(sdl).toMatch(/viewer: Me!/);
    expect(sdl).toMatch(/signIn\(credentials: Login!\): Tokens!/);
    expect(sdl).not.toMatch(/\b(Viewer|SignInCredentials|SignInResult)\b/);
  });

  test('may be the old name of another', () => {
    const rename = {
      'Mutation.signIn': 'signOut',
      'Mutation.signOut': 'signIn',
      Viewer: 'ViewerSession',
      ViewerSession: 'Viewer',
    };
    const { isCredentialField, createSchema } = createOwnSurface(rename);
    expect([isCredentialField('signOut'), isCredentialField('signIn')]).toEqual([true, false]);
    expect(validateSchema(createSchema())).toEqual([]);
  });

  test.each(['Query.nope', 'Nope', 'Viewer.id', 'Query', 'Mutation', 'signIn', 'Query.signIn'])(
    'for %s is refused with a list of what there is',
    (name) => {
      expect(() => createOwnSurface({ [name]: 'x' })).toThrow(
        new RangeError(
          `"${name}" in "rename" is not a name of Latchkey's; these are: Query.viewer, Mutation.signIn, Mutation.signInRefresh, Mutation.signOut, Mutation.revokeSession, SignInCredentials, SignInRefreshCredentials, SignInResult, SignOutResult, Viewer, UsagePeriod, ViewerUsage, ViewerOperationUsage, ViewerQuota, ViewerSession.`,
        ),
      );
    },
  );
});
