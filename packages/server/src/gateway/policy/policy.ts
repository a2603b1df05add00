import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';
import { createBoundedMap } from '../../lib/bounded-map.js';
import { createReadDirectives } from './directives.js';
import { type Access, createNeedTable, type Need, weigh } from './needs.js';
import { parseRules, type Rule, type Rules, rulesOfField, rulesOfType } from './rules.js';

/** The rules of the configuration and the directives of one schema, worked out for each of its fields. */
export interface Policy {
  /** The upstream's, without our part. */
  readonly schema: GraphQLSchema;
  readonly nothing: Need;
  /** A good token, whatever its scope. */
  readonly token: Need;
  /** What nobody may have. */
  readonly denied: Need;
  /** What a field needs that is asked through this type; for an interface, what it needs on every type behind it too. */
  needOfField(type: string, field: string): Need;
  /** What the rules of a type alone need. */
  needOfType(type: string): Need;
  /** The needs of the types that may stand behind an abstract one, less those that are nothing. */
  needsBehind(type: string): readonly Need[];
  /** False where all there is to go by is that an upstream needs a token. */
  readonly hasRules: boolean;
  /** `scope` is that of a good token, undefined for a caller without one. */
  accessOf(scope: string | undefined): Access;
}

/** Scopes that are remembered; a provider has few. */
const rememberedScopes = 1_000;

/** Reads the rules and the directives of `schema`. Time grows with fields times rules. */
export function createPolicy(rules: Rules, schema: GraphQLSchema): Policy {
  const table = createNeedTable();
  const readDirectives = createReadDirectives(schema, table);
  const patterns = parseRules(rules);
  const aliases = rootAliases(schema);
  let hasDirective = false;

  const namesOf = (type: string) => aliases.get(type) ?? [type];
  const ofRule = (rule: Rule): Need => {
    if (typeof rule === 'object') return table.scopes(rule.scopes);
    return rule === 'public' ? table.nothing : rule === 'denied' ? table.denied : table.token;
  };
  const directivesAt: typeof readDirectives = (written) => {
    const needs = readDirectives(written);
    hasDirective ||= needs.length > 0;
    return needs;
  };

  const ofTypes = new Map<string, Need>();
  for (const type of typesOf(schema)) {
    const ruled = rulesOfType(patterns, namesOf(type.name)).map(ofRule);
    ofTypes.set(type.name, table.all([...ruled, ...directivesAt(type)]));
  }
  const needOfType = (type: string) => ofTypes.get(type) ?? table.nothing;

  function needOfOne(type: GraphQLNamedType, field: GraphQLField<unknown, unknown>): Need {
    const ruled = rulesOfField(patterns, namesOf(type.name), field.name).map(ofRule);
    const standard = aliases.has(type.name) ? standardOf(field) : table.nothing;
    const own = ruled.length > 0 ? ruled : [standard];
    return table.all([
      ...own,
      ...directivesAt(field),
      needOfType(type.name),
      needOfType(getNamedType(field.type).name),
    ]);
  }

  /** A root field that nobody said anything about. `_service` of a subgraph gives the whole schema away. */
  function standardOf({ name, type }: GraphQLField<unknown, unknown>): Need {
    return name === '_service' && getNamedType(type).name === '_Service' ? table.denied : table.token;
  }

  const ofFields = collectFields(schema, needOfOne, table.all);
  const behind = collectBehind(schema, needOfType, table.nothing);
  const inUse = new Set([...ofTypes.values(), ...ofFields.values()]);
  const byScope = createBoundedMap<Access>(rememberedScopes);
  const byKey = createBoundedMap<Access>(rememberedScopes);
  const anonymous = weigh(table.made, inUse, undefined);

  function accessOf(scope: string | undefined): Access {
    if (scope === undefined) return anonymous;
    const known = byScope.get(scope);
    if (known) return known;
    const weighed = weigh(table.made, inUse, scope);
    const access = byKey.get(weighed.key) ?? weighed;
    byKey.set(access.key, access);
    byScope.set(scope, access);
    return access;
  }

  return {
    schema,
    hasRules: patterns.length > 0 || hasDirective,
    nothing: table.nothing,
    token: table.token,
    denied: table.denied,
    needOfField: (type, field) => ofFields.get(`${type}.${field}`) ?? table.denied,
    needOfType,
    needsBehind: (type) => behind.get(type) ?? [],
    accessOf,
  };
}

/** The root types under the names that rules may call them by: Query is the query root, whatever the upstream calls it. */
export function rootAliases(schema: GraphQLSchema): ReadonlyMap<string, readonly string[]> {
  const roots = [
    ['Query', schema.getQueryType()],
    ['Mutation', schema.getMutationType()],
    ['Subscription', schema.getSubscriptionType()],
  ] as const;
  return new Map(
    roots.flatMap(([usual, type]) =>
      type ? [[type.name, schema.getType(usual) ? [type.name] : [type.name, usual]] as const] : [],
    ),
  );
}

/** The types that rules can be about. */
export function typesOf(schema: GraphQLSchema): readonly GraphQLNamedType[] {
  return Object.values(schema.getTypeMap()).filter((type) => !isIntrospectionType(type));
}

function collectFields(
  schema: GraphQLSchema,
  needOfOne: (type: GraphQLNamedType, field: GraphQLField<unknown, unknown>) => Need,
  all: (needs: readonly Need[]) => Need,
): ReadonlyMap<string, Need> {
  const needs = new Map<string, Need>();
  for (const type of typesOf(schema)) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields()))
      needs.set(`${type.name}.${field.name}`, needOfOne(type, field));
  }
  // After the objects, and from them alone: an interface behind an interface adds no object.
  for (const type of typesOf(schema).filter(isInterfaceType)) {
    for (const field of Object.keys(type.getFields())) {
      const behind = schema.getPossibleTypes(type).flatMap(({ name }) => needs.get(`${name}.${field}`) ?? []);
      needs.set(`${type.name}.${field}`, all([needs.get(`${type.name}.${field}`) as Need, ...behind]));
    }
  }
  return needs;
}

function collectBehind(
  schema: GraphQLSchema,
  needOfType: (type: string) => Need,
  nothing: Need,
): ReadonlyMap<string, readonly Need[]> {
  const abstract = typesOf(schema).filter(isAbstractType);
  return new Map(
    abstract.map((type) => {
      const needs = schema.getPossibleTypes(type).map(({ name }) => needOfType(name));
      return [type.name, [...new Set(needs)].filter((need) => need !== nothing)];
    }),
  );
}
