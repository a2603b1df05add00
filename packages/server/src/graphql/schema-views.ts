import type { GraphQLSchema } from 'graphql';
import { createPolicy, type Policy } from '../gateway/policy/policy.js';
import { restrictSchema } from '../gateway/policy/restrict-schema.js';
import type { Rules } from '../gateway/policy/rules.js';
import { mergeSchemas, type Rename, rootNames } from '../gateway/schema.js';
import { createBoundedMap } from '../lib/bounded-map.js';
import type { OwnSurface } from './own-schema.js';

/** What each kind of caller may see and run. */
export interface SchemaView {
  /** Without a token: our part alone. */
  readonly anonymous: GraphQLSchema;
  /** With a good token: the upstream's schema with our part in it. */
  readonly authenticated: GraphQLSchema;
}

export interface SchemaViews {
  readonly current: SchemaView;
  /** Whether the upstream's schema is in it (true where there is no upstream). */
  readonly isComplete: boolean;
  /** Undefined while no schema is in service, and where it has no directives and the configuration no rules. */
  readonly policy: Policy | undefined;
  /** What a caller may use; `scope` is that of a good token, undefined for a caller without one. */
  viewFor(scope: string | undefined): GraphQLSchema;
  /** Takes the upstream's schema into service. Throws NameClashError. */
  install(upstream: GraphQLSchema): void;
}

/** Kinds of callers whose view is kept (at most twice this): each weighs about as much as the schema. */
const maxViews = 16;

export function createSchemaViews(
  surface: OwnSurface,
  rename: Rename,
  hasUpstream: boolean,
  rules: Rules = {},
): SchemaViews {
  const own = surface.createSchema();
  const views = createBoundedMap<GraphQLSchema>(maxViews);
  let current: SchemaView = { anonymous: own, authenticated: own };
  let policy: Policy | undefined;
  let isComplete = !hasUpstream;

  function createView(of: Policy, isAllowed: (type: string, field: string) => boolean): GraphQLSchema {
    // What the upstream's schema does not have is ours, and for everybody to see.
    const isOurs = (type: string, field: string) => {
      const theirs = of.schema.getType(type);
      return !theirs || !('getFields' in theirs) || !(field in theirs.getFields());
    };
    return restrictSchema(current.authenticated, (type, field) => isOurs(type, field) || isAllowed(type, field));
  }

  return {
    get current() {
      return current;
    },
    get isComplete() {
      return isComplete;
    },
    get policy() {
      return policy;
    },
    viewFor(scope) {
      if (!policy) return scope === undefined ? current.anonymous : current.authenticated;
      const access = policy.accessOf(scope);
      if (access.isComplete && access.hasToken) return current.authenticated;
      const known = views.get(access.key);
      if (known) return known;
      const { needOfField } = policy;
      const view = createView(policy, (type, field) => access.meets(needOfField(type, field)));
      views.set(access.key, view);
      return view;
    },
    install(upstream) {
      const authenticated = surface.attachResolvers(mergeSchemas(upstream, surface.document, rename));
      const read = createPolicy(rules, upstream);
      policy = read.hasRules ? read : undefined;
      current = { anonymous: surface.createSchema(rootNames(upstream)), authenticated };
      views.clear();
      isComplete = true;
    },
  };
}
