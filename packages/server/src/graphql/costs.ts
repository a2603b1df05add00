import type { DocumentNode, GraphQLSchema } from 'graphql';
import { LatchkeyError } from '../domain/errors.js';
import { type Cost, costOf } from '../gateway/cost/cost.js';
import { createSchemaFacts, type SchemaFacts } from '../gateway/cost/facts.js';
import { findOperation, fragmentsOf, type Variables } from '../gateway/document.js';
import type { OwnerOf } from '../gateway/root-fields.js';

export interface CostLimits {
  readonly documentMaxCost: number;
  readonly documentListSize: number;
}

/**
 * What is left to be checked for each request of a document: nothing (undefined) where no variable decides about its cost.
 * Throws DOCUMENT_TOO_COSTLY.
 */
export type CostCheck = ((variables: Variables) => void) | undefined;

export interface Costs {
  /** Throws DOCUMENT_TOO_COSTLY where it is too costly whatever the variables are. */
  check(document: DocumentNode, operationName: string | null): CostCheck;
}

/** `schema` gives the upstream's, as far as it is known: while there is none, nothing is known to cost anything. */
export function createCosts(
  { documentMaxCost, documentListSize }: CostLimits,
  ownerOf: OwnerOf,
  schema: () => GraphQLSchema | undefined,
): Costs {
  const read = createFactsOf();

  function assertAffordable(cost: number): void {
    if (cost <= documentMaxCost) return;
    const shown = cost >= 1e12 ? 'more than a trillion' : Math.ceil(cost);
    throw new LatchkeyError('DOCUMENT_TOO_COSTLY', {
      message: `The operation may cost the API ${shown}, and ${documentMaxCost} is accepted (documentMaxCost).`,
    });
  }

  function measure(document: DocumentNode, operationName: string | null, known: GraphQLSchema): Cost {
    const definition = findOperation(document, operationName);
    return costOf(definition, fragmentsOf(document), {
      facts: read(known),
      listSize: documentListSize,
      isUpstream: (field) => ownerOf(definition.operation, field) === 'upstream',
    });
  }

  return {
    check(document, operationName) {
      const known = schema();
      if (!known) return undefined;
      const cost = measure(document, operationName, known);
      if (typeof cost === 'function') return (variables) => assertAffordable(cost(variables));
      assertAffordable(cost);
      return undefined;
    },
  };
}

/** Reads each schema once. */
function createFactsOf(): (schema: GraphQLSchema) => SchemaFacts {
  const known = new WeakMap<GraphQLSchema, SchemaFacts>();
  return (schema) => {
    const facts = known.get(schema) ?? createSchemaFacts(schema);
    known.set(schema, facts);
    return facts;
  };
}
