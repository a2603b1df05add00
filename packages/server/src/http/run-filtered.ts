import type { Answer } from '../gateway/merge.js';
import { completeAnswer, findVariableErrors } from '../gateway/policy/complete.js';
import type { Filter } from '../gateway/policy/filter.js';
import { DocumentError } from '../graphql/document-error.js';
import { formatError } from '../graphql/format-error.js';
import { askPart } from './ask-part.js';
import type { Call, Operation } from './call.js';
import { whenGone } from './exchange.js';
import { note, sendAnswer } from './send.js';

/** Asks the upstream for what the caller may have, and answers with null and an error in the other places. */
export async function runFiltered(call: Call, filter: Filter): Promise<void> {
  const { exchange, as, headers } = call;
  assertVariablesFit(call, filter);
  const answer = await askFiltered(call, filter, whenGone(exchange));
  // Without a data entry nothing was run.
  const status = answer.data === undefined && !as.isLegacy ? 400 : 200;
  sendAnswer(exchange, status, answer, as, headers);
}

/** Throws DocumentError. Before anything is asked: what comes of the answer depends on them. */
export function assertVariablesFit({ params }: Operation, filter: Filter): void {
  const wrong = findVariableErrors(filter, params.variables);
  if (wrong.length > 0) throw new DocumentError('BAD_USER_INPUT', wrong);
}

/** The upstream's part of an answer, completed. Rejects with UPSTREAM_UNAVAILABLE, UPSTREAM_TIMEOUT or UPSTREAM_INVALID. */
export async function askFiltered(operation: Operation, filter: Filter, signal: AbortSignal): Promise<Answer> {
  return complete(operation, filter, filter.part ? await askPart(operation, filter.part, signal) : {});
}

/** What the upstream has answered to what was left of an operation, with null and an error in the other places. */
export function complete({ exchange, params }: Operation, filter: Filter, asked: Answer): Answer {
  return completeAnswer(filter, asked, params.variables, ({ error, path }) => {
    if (exchange.code === 'OK') note(exchange, error.code, error.cause);
    return formatError(error, exchange.id, { path });
  });
}
