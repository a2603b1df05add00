import { type GraphQLSchema, isNonNullType } from 'graphql';
import { type Answer, mergeAnswers, withoutLocations } from '../gateway/merge.js';
import type { SplitPlan } from '../gateway/plan.js';
import { isIncluded } from '../gateway/root-order.js';
import { executeOwn } from '../graphql/execute.js';
import { formatError, toLatchkeyError } from '../graphql/format-error.js';
import { askPart } from './ask-part.js';
import type { Call, Operation } from './call.js';
import { whenGone } from './exchange.js';
import { askFiltered, assertVariablesFit } from './run-filtered.js';
import { contextOf, formatResult } from './run-own.js';
import { note, sendAnswer } from './send.js';

/** Runs our part, asks the upstream for its part at the same time, and answers with both as one. */
export async function runSplit(call: Call, plan: SplitPlan): Promise<void> {
  const { exchange, as, headers } = call;
  const answer = await answerSplit(call, plan, whenGone(exchange));
  sendAnswer(exchange, answer.data !== undefined || as.isLegacy ? 200 : 400, answer, as, headers);
}

/** Both parts as one answer; without a data entry if the upstream finds its part wrong. Rejects as `answerOwn` does. */
export async function answerSplit(operation: Operation, plan: SplitPlan, signal: AbortSignal): Promise<Answer> {
  const { endpoint, prepared, params, claims, filter } = operation;
  const whole = endpoint.schemas.current.authenticated;
  const schema = endpoint.schemas.viewFor(claims?.scope);
  prepared.validateOwn(schema);
  if (filter) assertVariablesFit(operation, filter);
  const asked = filter ? askFiltered(operation, filter, signal) : askPart(operation, plan.upstream, signal);
  const [result, theirs] = await Promise.all([
    executeOwn(plan, schema, params.variables, contextOf(operation)),
    asked.catch((error: unknown) => {
      // Nobody is there to read it.
      if (signal.aborted) throw error;
      return upstreamFailure(operation, plan, whole, error);
    }),
  ]);
  const ours = result.errors ? formatResult(result, operation).answer : (result as Answer);
  // Without a data entry the upstream has run nothing: the whole operation is one that cannot be run.
  if (theirs.data === undefined) return withoutLocations(theirs);
  return mergeAnswers(plan, { variables: params.variables, schema: whole }, ours, theirs);
}

/** The upstream's half of an answer when there is none: each of its fields is null, with an error at its path. */
function upstreamFailure(
  { exchange, params }: Operation,
  plan: SplitPlan,
  schema: GraphQLSchema,
  thrown: unknown,
): Answer {
  const error = toLatchkeyError(thrown);
  note(exchange, error.code, error.cause);
  const run = { variables: params.variables, schema };
  const asked = plan.order.filter((one) => one.isUpstream && isIncluded(one, run));
  const keys = [...new Map(asked.map((one) => [one.key, one])).values()];
  const errors = keys.map(({ key }) => formatError(error, exchange.id, { path: [key] }));
  const root = schema.getQueryType()?.getFields();
  const isNullable = keys.every(({ name }) => !isNonNullType(root?.[name]?.type));
  return { errors, data: isNullable ? Object.fromEntries(keys.map(({ key }) => [key, null])) : null };
}
