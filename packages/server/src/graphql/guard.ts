import {
  type DocumentNode,
  ExecutableDefinitionsRule,
  type GraphQLSchema,
  LoneAnonymousOperationRule,
  OverlappingFieldsCanBeMergedRule,
  parse,
  specifiedRules,
  UniqueFragmentNamesRule,
  UniqueOperationNamesRule,
  validate,
} from 'graphql';
import { LatchkeyError } from '../domain/errors.js';
import { extractUpstreamPart, type Plan } from '../gateway/plan.js';
import { type Analysis, analyseDocument } from '../gateway/policy/analyse.js';
import { createFilter, type Filter } from '../gateway/policy/filter.js';
import { type Access, missingScope, type Need, refusalOf } from '../gateway/policy/needs.js';
import type { Policy } from '../gateway/policy/policy.js';
import type { OwnerOf } from '../gateway/root-fields.js';
import { createBoundedMap } from '../lib/bounded-map.js';
import { DocumentError } from './document-error.js';
import type { SchemaViews } from './schema-views.js';

/** Stands before the upstream's part of one operation. */
export interface Guard {
  /**
   * Undefined where a caller with this scope (undefined: without a token) may have all of it; else what is to be done.
   * Throws DocumentError where the part does not fit the schema, UPSTREAM_UNAVAILABLE while there is none, and in the
   * mode `reject` UNAUTHENTICATED, INSUFFICIENT_SCOPE or FORBIDDEN where the caller may not have all of it.
   */
  check(scope: string | undefined): Filter | undefined;
}

/** `isOpen`: a caller without a token may have some of it. Without a guard a token is enough, or not even needed. */
export type GuardOf = (operation: PlannedOperation) => { readonly guard?: Guard; readonly isOpen: boolean } | undefined;

export interface PlannedOperation {
  readonly plan: Plan;
  readonly document: DocumentNode;
  readonly operationName: string | null;
  readonly text: string;
}

export interface GuardSettings {
  readonly policy: Readonly<Record<string, unknown>>;
  readonly policyMode: 'filter' | 'reject';
}

type Views = Pick<SchemaViews, 'policy' | 'viewFor'>;

export function createGuardOf(schemas: Views, settings: GuardSettings, ownerOf: OwnerOf): GuardOf {
  const hasRules = Object.keys(settings.policy).length > 0;
  const hasPublic = Object.values(settings.policy).includes('public');

  return (planned) => {
    const { policy } = schemas;
    // What cannot be judged yet is for nobody.
    if (!policy) return hasRules ? { guard: closed, isOpen: hasPublic } : undefined;
    const { plan, document, operationName } = planned;
    const part = extractUpstreamPart(document, operationName, plan, ownerOf);
    const isOpen = isOpenToAnybody(plan, policy);
    if (!isFit(policy.schema, planned, part)) return { guard: createRefusal(schemas, planned.text, part), isOpen };
    const analysis = analyseDocument(part, policy);
    const isPlain = [...analysis.all, ...analysis.behind].every(
      (need) => need === policy.nothing || (need === policy.token && !isOpen),
    );
    return isPlain ? { isOpen } : { guard: createGuard(analysis, policy, settings.policyMode), isOpen };
  };
}

const closed: Guard = {
  check() {
    throw new LatchkeyError('UPSTREAM_UNAVAILABLE', { cause: new Error('no schema to judge by is in service yet') });
  },
};

function isOpenToAnybody({ operation, fields }: Plan, policy: Policy): boolean {
  const root = policy.schema.getRootType(operation);
  const anybody = policy.accessOf(undefined);
  return fields.some(
    ({ name, owner }) => owner === 'upstream' && root && anybody.meets(policy.needOfField(root.name, name)),
  );
}

/** Kinds of callers for whom one document is kept ready. */
const filtersPerDocument = 8;

function createGuard(analysis: Analysis, policy: Policy, mode: GuardSettings['policyMode']): Guard {
  const needs = [...analysis.all];
  const behind = [...analysis.behind];
  const filters = createBoundedMap<Filter>(filtersPerDocument);
  return {
    check(scope) {
      const access = policy.accessOf(scope);
      const isWhole = needs.every(access.meets);
      if (isWhole && behind.every(access.meets)) return undefined;
      if (!isWhole && mode === 'reject') throw refusal(needs, access, scope);
      const known = filters.get(access.key);
      if (known) return known;
      const filter = createFilter(analysis, policy, access);
      filters.set(access.key, filter);
      return filter;
    },
  };
}

/** The error that ends an operation as a whole. */
function refusal(needs: readonly Need[], access: Access, scope = ''): LatchkeyError {
  const unmet = needs.filter((need) => !access.meets(need));
  if (!access.hasToken && unmet.some(({ token }) => token)) return new LatchkeyError('UNAUTHENTICATED');
  if (unmet.some((need) => refusalOf(need, access) === 'FORBIDDEN')) return new LatchkeyError('FORBIDDEN');
  return new LatchkeyError('INSUFFICIENT_SCOPE', { scope: missingScope(unmet, scope) });
}

/** Each takes time in proportion to the document. Overlapping fields are the upstream's to find: that takes the square. */
const rules = specifiedRules.filter((rule) => rule !== OverlappingFieldsCanBeMergedRule);

/** About the document as a whole: where it has a name twice, the upstream might take the one that was not looked at. */
const wholeRules = [
  ExecutableDefinitionsRule,
  UniqueOperationNamesRule,
  LoneAnonymousOperationRule,
  UniqueFragmentNamesRule,
];

function isFit(schema: GraphQLSchema, { plan, document }: PlannedOperation, part: DocumentNode): boolean {
  // Without that type graphql-js has nothing to compare with, and finds nothing.
  if (!schema.getRootType(plan.operation)) return false;
  const options = { maxErrors: 1 };
  return (
    validate(schema, document, wholeRules, options).length === 0 && validate(schema, part, rules, options).length === 0
  );
}

const maxErrors = 10;

/** Each caller hears what is wrong in the words of what they can see: "Did you mean …" would name what is hidden. */
function createRefusal({ viewFor }: Views, text: string, part: DocumentNode): Guard {
  return {
    check(scope) {
      const view = viewFor(scope);
      const options = { maxErrors };
      // With locations, if the whole document shows the error too.
      const located = validate(view, parse(text), rules, options);
      const errors = located.length > 0 ? located : validate(view, part, rules, options);
      if (errors.length > 0) throw new DocumentError('GRAPHQL_VALIDATION_FAILED', errors);
      throw new LatchkeyError('GRAPHQL_VALIDATION_FAILED');
    },
  };
}
