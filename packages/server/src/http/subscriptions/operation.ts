import { findTokenEnd } from '../../domain/tokens/token-end.js';
import type { Line } from '../../gateway/subscribe/line.js';
import { toParams } from '../../graphql/params.js';
import type { Operation } from '../call.js';
import { type Attempt, createAttempt } from '../exchange.js';
import { letIn } from '../let-in.js';
import { note } from '../send.js';
import { type Admission, admit } from './admit.js';
import type { Dialogue, Running } from './dialogue.js';
import { identityFor } from './identify.js';
import { errorsOf, openLine, run } from './run.js';

/** Begins the operation of a "subscribe" message: any kind, under the rules of HTTP. */
export function beginOperation(dialogue: Dialogue, id: string, payload: Record<string, unknown>): void {
  const { endpoint, request, identity } = dialogue;
  const end = identity.claims && findTokenEnd(endpoint.domain, identity.claims);
  // The connection as a whole: whoever is told this must come back with another token.
  if (end) dialogue.end(end);
  else void carry(dialogue, id, payload, createAttempt(request, 'refused'));
}

/** Runs it to its end. Never rejects. What is before the first wait is done when it returns. */
async function carry(
  dialogue: Dialogue,
  id: string,
  payload: Record<string, unknown>,
  attempt: Attempt,
): Promise<void> {
  const { operations, endpoint } = dialogue;
  let running: Running | undefined;
  let free: (() => void) | undefined;
  try {
    const operation = read(dialogue, payload, attempt);
    free = dialogue.seat.begin();
    const admission = admit(operation);
    running = {
      stream: run(operation, () => lineOf(dialogue, operation)),
      isSubscription: operation.prepared.plan.operation === 'subscription',
    };
    operations.set(id, running);
    await pump(dialogue, id, running, admission);
    if (operations.get(id) === running) dialogue.send(JSON.stringify({ id, type: 'complete' }));
  } catch (thrown) {
    // Whoever has ended it waits for no answer, and that it broke off then is no failure.
    if (!running || operations.get(id) === running) {
      dialogue.send(JSON.stringify({ id, type: 'error', payload: errorsOf(thrown, attempt) }));
    }
  }
  if (operations.get(id) === running) operations.delete(id);
  else if (dialogue.endedWith) note(attempt, dialogue.endedWith, undefined);
  free?.();
  attempt.caller?.leave();
  endpoint.finished(attempt);
  dialogue.ended();
}

/** From a message to an operation that may be run, in the order of `answer` of the endpoint. */
function read({ endpoint, identity }: Dialogue, payload: Record<string, unknown>, exchange: Attempt): Operation {
  const params = endpoint.documents.resolve(toParams(payload));
  const isDoorOpen = endpoint.door.isOpen;
  const prepared = endpoint.preparer.prepare(params.query, params.operationName);
  const { token, claims } = identityFor(prepared, identity);
  const filter = letIn(exchange, endpoint, params, prepared, claims);
  exchange.kind = prepared.plan.operation === 'subscription' ? 'stream' : prepared.plan.kind;
  return { exchange, endpoint, params, prepared, isDoorOpen, token, claims, filter };
}

/** The line of the connection, which its first subscription opens. */
function lineOf(dialogue: Dialogue, operation: Operation): Line | Promise<Line> {
  if (dialogue.line) return dialogue.line;
  const line = openLine(operation);
  dialogue.line = line;
  // The next one tries again.
  if (line instanceof Promise) {
    line.catch(() => {
      dialogue.line = undefined;
    });
  }
  return line;
}

async function pump(dialogue: Dialogue, id: string, running: Running, admission: Admission): Promise<void> {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  for (;;) {
    const json = await running.stream.next();
    if (json === undefined) return;
    await dialogue.room();
    if (dialogue.operations.get(id) !== running) return;
    dialogue.send(`${head}${admission.event(json)}}`);
  }
}
