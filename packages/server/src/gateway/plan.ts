import { type DocumentNode, type FieldNode, Kind, type OperationTypeNode, print } from 'graphql';
import { LatchkeyError } from '../domain/errors.js';
import { findOperation, fragmentsOf } from './document.js';
import { assertNothingOfOurs, mentionsOurs } from './privacy.js';
import { listRootFields, type OwnerOf, type RootField } from './root-fields.js';
import { listRootSelections, type RootSelection } from './root-order.js';
import { extractPart } from './split.js';
import { withoutStreaming } from './streaming.js';

/** What is to be done for one operation of one document; made once and cached. */
export type Plan = OwnPlan | UpstreamPlan | SplitPlan;

interface AnyPlan {
  readonly operation: OperationTypeNode;
  /** The fields at the root in the caller's order. */
  readonly fields: readonly PlannedField[];
}

/** Without the syntax tree below it, which would weigh on the cache. */
export type PlannedField = Omit<RootField, 'node'>;

/** Only our fields and introspection: run here. */
export interface OwnPlan extends AnyPlan {
  readonly kind: 'own';
  /** Not validated yet. */
  readonly own: DocumentNode;
}

/** Only the upstream's fields: the caller's bytes go on as they came. */
export interface UpstreamPlan extends AnyPlan {
  readonly kind: 'upstream';
  /** The variables that the operation declares: no others are passed on. */
  readonly variables: readonly string[];
  /** What goes on instead where something else in the document is ours (an editor sends its sign-in along), or where its text could be read otherwise. */
  readonly upstream?: UpstreamPart;
}

/** Both, in a query. */
export interface SplitPlan extends AnyPlan {
  readonly kind: 'split';
  /** Not validated yet. */
  readonly own: DocumentNode;
  readonly upstream: UpstreamPart;
  /** For the order of the keys, which @skip and @include decide about too. */
  readonly order: readonly RootSelection[];
}

export interface UpstreamPart {
  readonly query: string;
  readonly variables: readonly string[];
}

/**
 * `isReadAlike`: every server reads the document's text as we do, so that it may go on as it is.
 * Throws OPERATION_NOT_FOUND, SUBSCRIPTION_NOT_SUPPORTED, MIXED_MUTATION, GRAPHQL_VALIDATION_FAILED or DOCUMENT_TOO_COMPLEX.
 */
export function planOperation(
  document: DocumentNode,
  operationName: string | null,
  ownerOf: OwnerOf,
  isReadAlike = true,
): Plan {
  const definition = findOperation(document, operationName);
  const { operation, selectionSet } = definition;
  const fragments = fragmentsOf(document);
  const roots = listRootFields(operation, selectionSet, fragments, ownerOf);
  const fields = roots.map(({ key, name, owner }) => ({ key, name, owner }));
  if (operation === 'subscription') assertSubscribable(fields);
  const hasUpstream = fields.some(({ owner }) => owner === 'upstream');
  const hasOwn = fields.some(({ owner }) => owner === 'own' || owner === 'introspection');

  if (!hasUpstream) return { kind: 'own', operation, fields, own: extractPart(definition, fragments, () => true) };
  if (!hasOwn) {
    assertNothingOfOurs(definition, roots, ownerOf);
    const variables = (definition.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
    if (isReadAlike && !mentionsOurs(document, fragments, ownerOf))
      return { kind: 'upstream', operation, fields, variables };
    return {
      kind: 'upstream',
      operation,
      fields,
      variables,
      upstream: toUpstreamPart(extractPart(definition, fragments, () => true)),
    };
  }
  if (operation === 'mutation') throw new LatchkeyError('MIXED_MUTATION');
  assertDistinctKeys(fields);
  const upstreamNodes = new Set(roots.filter(({ owner }) => owner === 'upstream').map(({ node }) => node));
  const isUpstream = (field: FieldNode) => upstreamNodes.has(field);
  return {
    kind: 'split',
    operation,
    fields,
    own: extractPart(definition, fragments, (field) => !isUpstream(field)),
    upstream: toUpstreamPart(withoutStreaming(extractPart(definition, fragments, isUpstream))),
    order: listRootSelections(definition, fragments, isUpstream),
  };
}

/** The upstream's part of a planned operation, as a document of its own. Throws DOCUMENT_TOO_COMPLEX. */
export function extractUpstreamPart(
  document: DocumentNode,
  operationName: string | null,
  { kind, operation }: Plan,
  ownerOf: OwnerOf,
): DocumentNode {
  const keeps = ({ name }: FieldNode) => kind !== 'split' || ownerOf(operation, name.value) === 'upstream';
  return extractPart(findOperation(document, operationName), fragmentsOf(document), keeps);
}

/** What the API behind us streams, and nothing of introspection, `__typename` included (GraphQL §5.2.4.1). */
function assertSubscribable(fields: readonly PlannedField[]): void {
  if (fields.some(({ owner }) => owner === 'own')) throw new LatchkeyError('SUBSCRIPTION_NOT_SUPPORTED');
  const introspection = fields.find(({ owner }) => owner !== 'upstream');
  if (introspection) {
    throw new LatchkeyError('GRAPHQL_VALIDATION_FAILED', {
      message: `A subscription must not select "${introspection.name}" at its root.`,
    });
  }
}

/** One key for a field of ours and one of the upstream would be two values in one place (GraphQL §5.3.2). */
function assertDistinctKeys(fields: readonly PlannedField[]): void {
  const upstreamKeys = new Set(fields.filter(({ owner }) => owner === 'upstream').map(({ key }) => key));
  const clash = fields.find(({ key, owner }) => owner !== 'upstream' && upstreamKeys.has(key));
  if (clash) {
    throw new LatchkeyError('GRAPHQL_VALIDATION_FAILED', {
      message: `Two different fields are to be answered as "${clash.key}". Give one of them another alias.`,
    });
  }
}

/** A document of one operation as what the upstream is asked. */
export function toUpstreamPart(document: DocumentNode): UpstreamPart {
  const [operation] = document.definitions;
  const definitions = operation?.kind === Kind.OPERATION_DEFINITION ? operation.variableDefinitions : undefined;
  return { query: print(document), variables: (definitions ?? []).map(({ variable }) => variable.name.value) };
}
