import { LatchkeyError } from '../../domain/errors.js';
import { askForText } from '../../gateway/ask.js';
import { createLater, createSingle, type EventStream, UpstreamRefusal } from '../../gateway/subscribe/events.js';
import type { Line } from '../../gateway/subscribe/line.js';
import { DocumentError } from '../../graphql/document-error.js';
import { formatDocumentError, formatError, toLatchkeyError } from '../../graphql/format-error.js';
import type { Operation } from '../call.js';
import type { Attempt } from '../exchange.js';
import { meter } from '../meter.js';
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
 * the upstream. Throws SUBSCRIPTION_NOT_SUPPORTED, QUOTA_EXCEEDED, or UPSTREAM_UNAVAILABLE while nobody knows its schema.
 */
export function run(operation: Operation, line: () => Line | Promise<Line>): EventStream {
  const learning = meter(operation);
  return learning ? createLater(learning.then(() => start(operation, line))) : start(operation, line);
}

function start(operation: Operation, line: () => Line | Promise<Line>): EventStream {
  const { plan } = operation.prepared;
  if (plan.operation !== 'subscription') return createSingle((signal) => answerOnce(operation, signal));
  operation.endpoint.door.assertOpen();
  const question = wholeQuestion(operation);
  const opened = line();
  if (!(opened instanceof Promise)) return opened.subscribe(question);
  return createLater(opened.then((ready) => ready.subscribe(question)));
}

/** A line to the upstream for one connection of a caller, as soon as it is known who that is. Throws SUBSCRIPTION_NOT_SUPPORTED. */
export function openLine(operation: Operation): Line | Promise<Line> {
  const { subscriber, identity } = operation.endpoint;
  if (!subscriber) throw new LatchkeyError('SUBSCRIPTION_NOT_SUPPORTED');
  const headers = upstreamHeaders(identity, askerOf(operation), aboutConnection);
  return headers instanceof Promise ? headers.then(subscriber.openLine) : subscriber.openLine(headers);
}

export function closeLine(line: Line | Promise<Line>): void {
  if (!(line instanceof Promise)) line.close();
  else
    line.then(
      (opened) => opened.close(),
      () => undefined,
    );
}

async function answerOnce(operation: Operation, signal: AbortSignal): Promise<string> {
  const { plan } = operation.prepared;
  if (plan.kind === 'own') return (await answerOwn(operation, plan)).json;
  if (plan.kind === 'split') {
    const answer = await answerSplit(operation, plan, signal);
    if (answer.data === undefined) throw new UpstreamRefusal(answer.errors ?? []);
    return JSON.stringify(answer);
  }
  const headers = await upstreamHeaders(operation.endpoint.identity, askerOf(operation), aboutConnection);
  const asking = { mayRepeat: plan.operation === 'query', signal };
  const { text, answer } = await askForText(upstreamOf(operation), wholeQuestion(operation), headers, asking);
  if (answer.data === undefined) throw new UpstreamRefusal(answer.errors ?? []);
  return text;
}

function wholeQuestion({ prepared: { plan }, params }: Operation) {
  if (plan.kind === 'upstream' && plan.upstream) return questionOf(plan.upstream, params);
  const { query, operationName, variables, extensions } =
    plan.kind === 'upstream' ? withoutLeftOvers(plan, params) : params;
  return { query, operationName, ...(variables && { variables }), ...(extensions && { extensions }) };
}

/** What the caller is told of whatever was thrown; the attempt notes the rest. */
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
