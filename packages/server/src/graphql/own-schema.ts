import { readFileSync } from 'node:fs';
import {
  buildASTSchema,
  type DocumentNode,
  type GraphQLFieldResolver,
  type GraphQLSchema,
  Kind,
  type NameNode,
  type ObjectTypeDefinitionNode,
  parse,
  visit,
} from 'graphql';
import type { OwnFields } from '../gateway/root-fields.js';
import type { Rename } from '../gateway/schema.js';
import type { Context } from './context.js';
import { resolveRevokeSession } from './resolvers/revoke-session.js';
import { resolveSignIn } from './resolvers/sign-in.js';
import { resolveSignInRefresh } from './resolvers/sign-in-refresh.js';
import { resolveSignOut } from './resolvers/sign-out.js';
import { resolveViewer } from './resolvers/viewer.js';

/** A field of ours at the root. */
interface OwnField {
  readonly resolve: GraphQLFieldResolver<unknown, Context>;
  /** Carries a credential in its arguments, and so never looks at a token in the header. */
  readonly isCredential?: true;
}

/** Our fields under their own names. A field without `isCredential` needs an access token. */
const ownFields: Readonly<Record<string, OwnField>> = {
  'Query.viewer': { resolve: resolveViewer },
  'Mutation.signIn': { resolve: resolveSignIn as OwnField['resolve'], isCredential: true },
  'Mutation.signInRefresh': { resolve: resolveSignInRefresh as OwnField['resolve'], isCredential: true },
  'Mutation.signOut': { resolve: resolveSignOut as OwnField['resolve'] },
  'Mutation.revokeSession': { resolve: resolveRevokeSession as OwnField['resolve'] },
};

/** Our part of the surface, under the names that the provider has chosen. */
export interface OwnSurface {
  readonly document: DocumentNode;
  readonly fields: OwnFields;
  /** The names of our input types. */
  readonly inputs: ReadonlySet<string>;
  isCredentialField(name: string): boolean;
  /** Our schema alone, its root types called as the upstream calls its own. */
  createSchema(rootNames?: Partial<Record<'Query' | 'Mutation', string | undefined>>): GraphQLSchema;
  /** Gives our fields in `schema` their resolvers. */
  attachResolvers(schema: GraphQLSchema): GraphQLSchema;
}

const sdl = readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8');

/** `rename` maps names of ours, such as "Mutation.signIn" or "Viewer", to others. Throws a RangeError for a name that is not ours. */
export function createOwnSurface(rename: Rename): OwnSurface {
  const original = parse(sdl, { noLocation: true });
  assertOwnNames(original, rename);
  const document = renameAll(original, rename);
  const resolvers = new Map(Object.entries(ownFields).map(([name, field]) => [nameOf(name, rename), field]));
  const namesOf = (root: string) =>
    new Set(
      [...resolvers.keys()].filter((name) => name.startsWith(`${root}.`)).map((name) => name.slice(root.length + 1)),
    );

  function attachResolvers(schema: GraphQLSchema): GraphQLSchema {
    const roots = { Query: schema.getQueryType(), Mutation: schema.getMutationType() };
    for (const [name, { resolve }] of resolvers) {
      const [root, field] = name.split('.') as ['Query' | 'Mutation', string];
      const definition = roots[root]?.getFields()[field];
      if (!definition) throw new TypeError(`The schema has no field ${name}.`);
      definition.resolve = resolve;
    }
    return schema;
  }

  const inputs = document.definitions.filter(({ kind }) => kind === Kind.INPUT_OBJECT_TYPE_DEFINITION);

  return {
    document,
    inputs: new Set(inputs.map((definition) => ('name' in definition && definition.name?.value) || '')),
    fields: { query: namesOf('Query'), mutation: namesOf('Mutation'), subscription: new Set() },
    isCredentialField: (name) => resolvers.get(`Mutation.${name}`)?.isCredential ?? false,
    createSchema: (roots = {}) => attachResolvers(buildASTSchema(withRootNames(document, roots))),
    attachResolvers,
  };
}

/** "Mutation.signIn" under its new name: "Mutation.login". */
function nameOf(name: string, rename: Rename): string {
  const [root] = name.split('.');
  const renamed = rename[name];
  return renamed === undefined ? name : `${root}.${renamed}`;
}

function assertOwnNames(document: DocumentNode, rename: Rename): void {
  const types = document.definitions.flatMap((definition) => ('name' in definition && definition.name?.value) || []);
  const allowed = [...Object.keys(ownFields), ...types.filter((type) => type !== 'Query' && type !== 'Mutation')];
  const unknown = Object.keys(rename).find((name) => !allowed.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`"${unknown}" in "rename" is not a name of Latchkey's; these are: ${allowed.join(', ')}.`);
  }
}

function renameAll(document: DocumentNode, rename: Rename): DocumentNode {
  const renamedType = <N extends { readonly name: NameNode }>(node: N): N | undefined => {
    const value = rename[node.name.value];
    return value === undefined ? undefined : { ...node, name: { kind: Kind.NAME, value } };
  };
  return visit(document, {
    ObjectTypeDefinition: {
      leave(node) {
        const fields = (node.fields ?? []).map((field) => {
          const value = rename[`${node.name.value}.${field.name.value}`];
          return value === undefined ? field : { ...field, name: { kind: Kind.NAME, value } as const };
        });
        return { ...(renamedType(node) ?? node), fields };
      },
    },
    InputObjectTypeDefinition: { leave: renamedType },
    EnumTypeDefinition: { leave: renamedType },
    NamedType: { leave: renamedType },
  });
}

function withRootNames(document: DocumentNode, roots: Partial<Record<string, string | undefined>>): DocumentNode {
  const named = (root: string) => roots[root] ?? root;
  const definitions = document.definitions.map((definition) =>
    definition.kind === Kind.OBJECT_TYPE_DEFINITION
      ? ({
          ...definition,
          name: { kind: Kind.NAME, value: named(definition.name.value) },
        } satisfies ObjectTypeDefinitionNode)
      : definition,
  );
  const schema = parse(`schema { query: ${named('Query')} mutation: ${named('Mutation')} }`, { noLocation: true });
  return { kind: Kind.DOCUMENT, definitions: [...schema.definitions, ...definitions] };
}
