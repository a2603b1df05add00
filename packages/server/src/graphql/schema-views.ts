import type { GraphQLSchema } from 'graphql';
import { mergeSchemas, type Rename, rootNames } from '../gateway/schema.js';
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
  /** Takes the upstream's schema into service. Throws NameClashError. */
  install(upstream: GraphQLSchema): void;
}

export function createSchemaViews(surface: OwnSurface, rename: Rename, hasUpstream: boolean): SchemaViews {
  const own = surface.createSchema();
  let current: SchemaView = { anonymous: own, authenticated: own };
  let isComplete = !hasUpstream;
  return {
    get current() {
      return current;
    },
    get isComplete() {
      return isComplete;
    },
    install(upstream) {
      const authenticated = surface.attachResolvers(mergeSchemas(upstream, surface.document, rename));
      current = { anonymous: surface.createSchema(rootNames(upstream)), authenticated };
      isComplete = true;
    },
  };
}
