import { LatchkeyError } from '../../domain/errors.js';
import { parseAnswer } from '../../gateway/ask.js';
import type { Filter } from '../../gateway/policy/filter.js';
import { stringifyExact } from '../../lib/exact-json.js';
import type { Operation } from '../call.js';
import { assertVariablesFit, complete } from '../run-filtered.js';

/** What becomes of the answers of an operation that runs on a WebSocket or an event stream. */
export interface Admission {
  /** What the caller gets of an answer: JSON in, JSON out. Called for each event of a subscription, and for the one answer of anything else. */
  event(json: string): string;
}

const asItIs: Admission = { event: (json) => json };

/**
 * Decides what becomes of the answers of an operation that letIn has let in, before anything of it runs: of what the
 * events of a subscription hold each is counted, and what its caller may not have is kept back. Whether it runs at all is
 * asked there, and of its quota in meter. Throws DocumentError for variables that do not fit.
 */
export function admit(operation: Operation): Admission {
  const { exchange, endpoint, prepared, filter } = operation;
  if (prepared.plan.operation !== 'subscription') return asItIs;
  // It is in work only while something happens; how many may run at all is counted where connections are.
  exchange.caller?.leave();
  exchange.caller = undefined;
  if (filter) assertVariablesFit(operation, filter);
  return {
    event(json) {
      // The subscription was one request; what its events hold is counted as it comes.
      if (exchange.consumer) endpoint.domain.usage.recordEvent(exchange.consumer, prepared.operation);
      return filter ? completeEvent(operation, filter, json) : json;
    },
  };
}

/** An event with null and an error where the caller may not have something. Throws UPSTREAM_INVALID. */
function completeEvent(operation: Operation, filter: Filter, json: string): string {
  const event = parseAnswer(json);
  if (!event)
    throw new LatchkeyError('UPSTREAM_INVALID', { cause: new Error('an event of the upstream is no answer') });
  return stringifyExact(complete(operation, filter, event));
}
