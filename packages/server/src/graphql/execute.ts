import { execute, type GraphQLSchema } from 'graphql';
import type { Variables } from '../gateway/document.js';
import type { Plan } from '../gateway/plan.js';
import type { Context } from './context.js';
import { DocumentError } from './document-error.js';

export type OwnResult = Awaited<ReturnType<typeof execute>>;

/** Runs our part of an operation that fits `schema`. Rejects with DocumentError if the variables do not. */
export async function executeOwn(
  plan: Extract<Plan, { own: unknown }>,
  schema: GraphQLSchema,
  variableValues: Variables,
  contextValue: Context,
): Promise<OwnResult> {
  const result = await execute({ schema, document: plan.own, variableValues, contextValue });
  // No data entry: execution did not begin (GraphQL §7.1).
  if (result.data === undefined) throw new DocumentError('BAD_USER_INPUT', result.errors ?? []);
  return result;
}
