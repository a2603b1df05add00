import { type GraphQLSchema, isInterfaceType, isObjectType } from 'graphql';
import type { Need } from './needs.js';
import { createPolicy, typesOf } from './policy.js';
import type { Rules } from './rules.js';

/** A field, what it needs, and whether the caller in question has that. */
export interface FieldReport {
  readonly coordinate: string;
  readonly need: Need;
  readonly isMet: boolean;
}

export interface PolicyReport {
  /** Of each root type all fields, in the order of the schema. */
  readonly roots: readonly {
    readonly operation: string;
    readonly type: string;
    readonly fields: readonly FieldReport[];
  }[];
  /** Of the other types those fields that need something. */
  readonly below: readonly FieldReport[];
}

/** What a caller with this scope (undefined: without a token) reaches in `schema`. */
export function reportPolicy(rules: Rules, schema: GraphQLSchema, scope: string | undefined): PolicyReport {
  const policy = createPolicy(rules, schema);
  const access = policy.accessOf(scope);
  const fieldsOf = (name: string): readonly FieldReport[] => {
    const type = schema.getType(name);
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    return Object.keys(type.getFields()).map((field) => {
      const need = policy.needOfField(name, field);
      return { coordinate: `${name}.${field}`, need, isMet: access.meets(need) };
    });
  };
  const operations = [
    ['query', schema.getQueryType()],
    ['mutation', schema.getMutationType()],
    ['subscription', schema.getSubscriptionType()],
  ] as const;
  const roots = operations.flatMap(([operation, type]) =>
    type ? [{ operation, type: type.name, fields: fieldsOf(type.name) }] : [],
  );
  const others = typesOf(schema).filter(({ name }) => !roots.some(({ type }) => type === name));
  const below = others.flatMap(({ name }) => fieldsOf(name)).filter(({ need }) => need !== policy.nothing);
  return { roots, below };
}
