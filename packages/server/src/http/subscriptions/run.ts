import { LatchkeyError } from '../../domain/errors.js';
import { askForText, type Question } from '../../gateway/ask.js';
import type { Answer } from '../../gateway/merge.js';
import { toUpstreamPart } from '../../gateway/plan.js';
import { findWithoutStreaming } from '../../gateway/streaming.js';
import {
  createEnded,
  createLater,
  createSingle,
  type EventStream,
  UpstreamRefusal,
} from '../../gateway/subscribe/events.js';
import type { Line } from '../../gateway/subscribe/line.js';
import { DocumentError } from '../../graphql/document-error.js';
import { type FormattedError, formatDocumentError, formatError, toLatchkeyError } from '../../graphql/format-error.js';
import { withWrittenNumbers } from '../../graphql/params.js';
import { withPlainSpaces } from '../../graphql/plain-spaces.js';
import { stringifyExact } from '../../lib/exact-json.js';
import type { GraphqlEndpoint, Operation } from '../call.js';
import type { Attempt } from '../exchange.js';
import { meter } from '../meter.js';
import { askFiltered, assertVariablesFit, complete } from '../run-filtered.js';
import { answerOwn } from '../run-own.js';
import { answerSplit } from '../run-split.js';
import { note } from '../send.js';
import { askerOf, questionOf, upstreamHeaders, upstreamOf, withoutLeftOvers } from '../upstream-request.js';

/** Of a request that opens a WebSocket, or says how its own body and answer are written: nothing for the upstream. */
const aboutConnection: ReadonlySet<string> = new Set([
  'sec-websocket-key',
  'sec-websocket-version',
  'sec-websocket-protocol',
  'sec-websocket-extensions',
  'content-type',
  'content-encoding',
  'accept',
  'accept-encoding',
]);

/**
 * Runs an operation of any kind: the same as over HTTP, with its answers as a stream. `line` gives the caller's line to
 * the upstream. Throws SUBSCRIPTION_NOT_SUPPORTED, QUOTA_EXCEEDED, or UPSTREAM_UNAVAILABLE while nobody knows its schema or
 * it is known to be away.
 */
export function run(operation: Operation, line: () => Line): EventStream {
  const learning = meter(operation);
  return learning ? createLater(learning, () => start(operation, line)) : start(operation, line);
}

function start(operation: Operation, line: () => Line): EventStream {
  const { plan } = operation.prepared;
  if (plan.operation !== 'subscription') return createSingle((signal) => answerOnce(operation, signal));
  if (!operation.isDoorOpen) throw operation.endpoint.door.refusal();
  const question = questionFor(operation);
  if (!question) return createEnded();
  const opened = line();
  const headers = upstreamHeaders(operation.endpoint.identity, askerOf(operation), aboutConnection);
  if (headers instanceof Promise) return createLater(headers, (ready) => opened.subscribe(question, ready));
  return opened.subscribe(question, headers);
}

/** A line to the upstream for one connection of a caller. Throws SUBSCRIPTION_NOT_SUPPORTED. */
export function openLine({ subscriber }: GraphqlEndpoint): Line {
  if (!subscriber) throw new LatchkeyError('SUBSCRIPTION_NOT_SUPPORTED');
  return subscriber.openLine();
}

async function answerOnce(operation: Operation, signal: AbortSignal): Promise<string> {
  const { filter } = operation;
  const { plan } = operation.prepared;
  if (plan.kind === 'own') return (await answerOwn(operation, plan)).json;
  if (plan.kind === 'split') return textOf(await answerSplit(operation, plan, signal));
  if (filter) {
    assertVariablesFit(operation, filter);
    return textOf(await askFiltered(operation, filter, signal));
  }
  const headers = await upstreamHeaders(operation.endpoint.identity, askerOf(operation), aboutConnection);
  const asking = { mayRepeat: plan.operation === 'query', signal };
  const { text, answer } = await askForText(upstreamOf(operation), singleQuestion(operation), headers, asking);
  if (answer.data === undefined) throw new UpstreamRefusal(answer.errors ?? []);
  return text;
}

/** Throws UpstreamRefusal where nothing was run. */
function textOf(answer: Answer): string {
  if (answer.data === undefined) throw new UpstreamRefusal(answer.errors ?? []);
  return stringifyExact(answer);
}

/**
 * What the upstream is asked for a subscription; undefined where nothing is, since it is skipped. Throws
 * INSUFFICIENT_SCOPE or FORBIDDEN where its caller may have nothing of it.
 */
function questionFor(operation: Operation): Question | undefined {
  const { filter, params } = operation;
  if (!filter) return wholeQuestion(operation);
  if (!filter.part) {
    const [error] = (complete(operation, filter, {}).errors ?? []) as readonly FormattedError[];
    if (!error) return undefined;
    throw new LatchkeyError(error.extensions.code, { message: error.message });
  }
  return questionOf(filter.part, params);
}

/** What the upstream is asked for one answer, which is read whole. */
function singleQuestion(operation: Operation): Question {
  const { query, operationName } = operation.params;
  const document = findWithoutStreaming(withPlainSpaces(query), operationName);
  return document ? questionOf(toUpstreamPart(document), operation.params) : wholeQuestion(operation);
}

function wholeQuestion({ prepared: { plan }, params }: Operation): Question {
  if (plan.kind === 'upstream' && plan.upstream) return questionOf(plan.upstream, params);
  const { query, operationName } = params;
  const { variables, extensions } = withWrittenNumbers(
    plan.kind === 'upstream' ? withoutLeftOvers(plan, params) : params,
  );
  return stringifyExact({ query, operationName, ...(variables && { variables }), ...(extensions && { extensions }) });
}

/** What the caller is told of whatever was thrown, to be written with stringifyExact; the attempt notes the rest. */
export function errorsOf(thrown: unknown, attempt: Attempt): readonly unknown[] {
  if (thrown instanceof UpstreamRefusal) return thrown.errors;
  if (thrown instanceof DocumentError) {
    note(attempt, thrown.code, undefined);
    return thrown.errors.map((error) => formatDocumentError(error, thrown.code));
  }
  const error = toLatchkeyError(thrown);
  note(attempt, error.code, error.cause);
  return [formatError(error, attempt.id)];
}
