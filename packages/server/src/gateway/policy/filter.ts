import {
  type DocumentNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql';
import type { UpstreamPart } from '../plan.js';
import type { Analysis } from './analyse.js';
import { toCompletionSchema } from './completion-schema.js';
import { cutDocument } from './cut.js';
import { type Access, type RefusalCode, refusalOf } from './needs.js';
import type { Policy } from './policy.js';

/** What is done with a document for callers who may not have all of it. */
export interface Filter {
  readonly policy: Policy;
  readonly analysis: Analysis;
  /** What the upstream is asked; undefined where it is not asked at all. */
  readonly part: UpstreamPart | undefined;
  /** The key under which each object of an abstract type says what it is. */
  readonly typeKey: string;
  /** The caller's document with no more variables than decide what is in the answer, as `completion` runs it. */
  readonly document: DocumentNode;
  readonly completion: GraphQLSchema;
  /** The error for each need that is not met; a field without it is in `part`. */
  refusalOf(need: Parameters<Access['meets']>[0]): RefusalCode | undefined;
}

const completions = new WeakMap<GraphQLSchema, Map<OperationTypeNode, GraphQLSchema>>();

function completionOf(schema: GraphQLSchema, operation: OperationTypeNode): GraphQLSchema {
  const ofSchema = completions.get(schema) ?? new Map<OperationTypeNode, GraphQLSchema>();
  const completion = ofSchema.get(operation) ?? toCompletionSchema(schema, operation);
  completions.set(schema, ofSchema.set(operation, completion));
  return completion;
}

export function createFilter(analysis: Analysis, policy: Policy, access: Access): Filter {
  const { part, typeKey } = cutDocument(analysis, policy, access);
  return {
    policy,
    analysis,
    part,
    typeKey,
    document: toCompletionDocument(analysis),
    completion: completionOf(policy.schema, analysis.operation.operation),
    refusalOf: (need) => (access.meets(need) ? undefined : refusalOf(need, access)),
  };
}

/** The same field nodes: the needs are known by them. */
function toCompletionDocument({ operation, fragments }: Analysis): DocumentNode {
  const written = [...fragments.values()];
  const decisive = new Set([operation, ...written].flatMap(listConditions));
  const variableDefinitions = operation.variableDefinitions?.filter(({ variable }) =>
    decisive.has(variable.name.value),
  );
  const trimmed: OperationDefinitionNode = {
    ...operation,
    operation: OperationTypeNode.MUTATION,
    variableDefinitions: variableDefinitions ?? [],
  };
  return { kind: Kind.DOCUMENT, definitions: [trimmed, ...written] };
}

/** The variables of @skip and @include. */
function listConditions(node: DocumentNode['definitions'][number]): readonly string[] {
  const names: string[] = [];
  visit(node, {
    Directive: ({ name, arguments: given = [] }) => {
      if (name.value !== 'skip' && name.value !== 'include') return;
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.push(value.name.value);
    },
  });
  return names;
}
