import {
  type ConstDirectiveNode,
  type ConstValueNode,
  type DirectiveNode,
  type GraphQLSchema,
  Kind,
  valueFromASTUntyped,
} from 'graphql';
import { directivesOf, type Written } from '../written.js';
import type { Need, NeedTable, ScopeClause } from './needs.js';

/** What the directives ask for that stand at a field, a type, or one of its extensions; empty where none does. */
export type ReadDirectives = (written: Written) => readonly Need[];

/** Reads @authenticated and @requiresScopes of `schema`, also under the names that it imports them by (@link). */
export function createReadDirectives(schema: GraphQLSchema, table: NeedTable): ReadDirectives {
  const aliases = readAliases(schema);
  return (written) =>
    directivesOf(written).flatMap((directive) => {
      const name = aliases.get(directive.name.value);
      if (name === 'authenticated') return [table.token];
      return name === 'requiresScopes' ? [table.scopes(readScopes(directive))] : [];
    });
}

const known = ['authenticated', 'requiresScopes'];

/** From the names in this schema to those of the specification. */
function readAliases(schema: GraphQLSchema): ReadonlyMap<string, string> {
  const aliases = new Map(
    known.flatMap((name) => [
      [name, name],
      [`federation__${name}`, name],
    ]),
  );
  const links = directivesOf(schema).filter(({ name }) => name.value === 'link');
  for (const link of links) {
    const { url, as, import: imports } = argumentsOf(link);
    if (typeof url !== 'string' || !url.includes('specs.apollo.dev')) continue;
    for (const name of known) if (typeof as === 'string') aliases.set(`${as}__${name}`, name);
    for (const each of Array.isArray(imports) ? imports : []) {
      const { name, as: alias } = typeof each === 'object' && each ? (each as Record<string, unknown>) : {};
      const bare = typeof name === 'string' ? name.replace(/^@/, '') : '';
      if (known.includes(bare) && typeof alias === 'string') aliases.set(alias.replace(/^@/, ''), bare);
    }
  }
  return aliases;
}

function argumentsOf({ arguments: given = [] }: DirectiveNode): Record<string, unknown> {
  return Object.fromEntries(given.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));
}

/** A value that is no list is a list of it (GraphQL §3.11). What cannot be read is a scope that nobody has. */
function readScopes({ arguments: given = [] }: ConstDirectiveNode): ScopeClause {
  const value = given.find(({ name }) => name.value === 'scopes')?.value;
  const clause = value ? listOf(value).map((names) => listOf(names).map(nameOf)) : [];
  return clause.filter((names): names is string[] => names.every((name) => name !== undefined));
}

function listOf(value: ConstValueNode): readonly ConstValueNode[] {
  return value.kind === Kind.LIST ? value.values : [value];
}

function nameOf(value: ConstValueNode): string | undefined {
  return value.kind === Kind.STRING && value.value !== '' ? value.value : undefined;
}
