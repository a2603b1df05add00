import { type GraphQLSchema, isNonNullType } from 'graphql';
import { askUpstream } from '../gateway/ask.js';
import { type Answer, mergeAnswers } from '../gateway/merge.js';
import type { SplitPlan } from '../gateway/plan.js';
import { executeOwn } from '../graphql/execute.js';
import { formatError, toLatchkeyError } from '../graphql/format-error.js';
import type { Call } from './call.js';
import { contextOf, formatResult } from './run-own.js';
import { note, sendAnswer } from './send.js';
import { aboutBody, askerOf, questionOf, upstreamHeaders, upstreamOf } from './upstream-request.js';

/** Runs our part, asks the upstream for its part at the same time, and answers with both as one. */
export async function runSplit(call: Call, plan: SplitPlan): Promise<void> {
  const { exchange, endpoint, prepared, params, as, headers } = call;
  const schema = endpoint.schemas.current.authenticated;
  prepared.validateOwn(schema);
  const [result, theirs] = await Promise.all([
    executeOwn(plan, schema, params.variables, contextOf(call)),
    ask(call, plan).catch((error: unknown) => upstreamFailure(call, plan, schema, error)),
  ]);
  const ours = result.errors ? formatResult(result, call).answer : (result as Answer);
  // Without a data entry the upstream has run nothing: the whole operation is one that cannot be run.
  if (theirs.data === undefined) return sendAnswer(exchange, as.isLegacy ? 200 : 400, theirs, as, headers);
  sendAnswer(exchange, 200, mergeAnswers(plan, ours, theirs), as, headers);
}

async function ask(call: Call, plan: SplitPlan): Promise<Answer> {
  const upstream = upstreamOf(call);
  const headers = await upstreamHeaders(call.endpoint.identity, askerOf(call), aboutBody);
  return askUpstream(upstream, questionOf(plan.upstream, call.params), headers);
}

/** The upstream's half of an answer when there is none: each of its fields is null, with an error at its path. */
function upstreamFailure({ exchange }: Call, plan: SplitPlan, schema: GraphQLSchema, thrown: unknown): Answer {
  const error = toLatchkeyError(thrown);
  note(exchange, error.code, error.cause);
  const keys = plan.fields.filter(({ owner }) => owner === 'upstream');
  const errors = keys.map(({ key }) => formatError(error, exchange.id, { path: [key] }));
  const root = schema.getQueryType()?.getFields();
  const isNullable = keys.every(({ name }) => !isNonNullType(root?.[name]?.type));
  return { errors, data: isNullable ? Object.fromEntries(keys.map(({ key }) => [key, null])) : null };
}
