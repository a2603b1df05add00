import { findTokenEnd } from '../../domain/tokens/token-end.js';
import { createEnded, type EventStream } from '../../gateway/subscribe/events.js';
import type { Line } from '../../gateway/subscribe/line.js';
import { type Params, toParams } from '../../graphql/params.js';
import { mayHaveOddNumbers, stringifyExact } from '../../lib/exact-json.js';
import { sliceMember } from '../../lib/json-member.js';
import type { Operation } from '../call.js';
import { type Attempt, createAttempt } from '../exchange.js';
import { chargeRefusal, letIn } from '../let-in.js';
import { type Found, mustWait, prepareNow } from '../prepare-now.js';
import { note } from '../send.js';
import { type Admission, admit } from './admit.js';
import type { Dialogue } from './dialogue.js';
import { identityFor } from './identify.js';
import { createPlace, type Place } from './place.js';
import { errorsOf, openLine, run } from './run.js';

/** Begins the operation of a "subscribe" message, whose text is `text`: any kind, under the rules of HTTP. */
export function beginOperation(dialogue: Dialogue, id: string, payload: Record<string, unknown>, text: string): void {
  if (endWithToken(dialogue)) return;
  const written = sliceMember(text, 'payload');
  // Kept for as long as the operation runs, with the whole message: only where JSON.parse may have changed a number.
  const kept = written !== undefined && mayHaveOddNumbers(written) ? written : undefined;
  void carry(dialogue, id, payload, kept, createAttempt(dialogue.request, 'refused'));
}

/** Whether the connection has ended with its token. As a whole: whoever is told that must come back with another one. */
function endWithToken({ endpoint, identity, end }: Dialogue): boolean {
  const error = identity.claims && findTokenEnd(endpoint.domain, identity.claims);
  if (error) end(error);
  return error !== undefined;
}

/** Runs it to its end. Never rejects. What is before the first wait is done when it returns. */
async function carry(
  dialogue: Dialogue,
  id: string,
  payload: Record<string, unknown>,
  written: string | undefined,
  attempt: Attempt,
): Promise<void> {
  const { endpoint } = dialogue;
  const place = createPlace(dialogue, id);
  try {
    const params = endpoint.documents.resolve(toParams(payload, written));
    let found = prepareNow(endpoint, params);
    if (mustWait(found)) {
      place.take();
      place.hold({ stream: createEnded(), isSubscription: isSubscription(found) });
      await endpoint.door.wait();
      if (!place.isLost && !endWithToken(dialogue)) found = prepareNow(endpoint, params);
    }
    if (place.isLost) attempt.kind = kindOf(found);
    else {
      const operation = letInto(dialogue, params, found, attempt);
      place.take();
      const admission = admit(operation);
      const stream = run(operation, () => lineOf(dialogue));
      place.hold({ stream, isSubscription: isSubscription(found) });
      await pump(dialogue, id, { place, stream, admission });
    }
    if (!place.isLost) dialogue.send(JSON.stringify({ id, type: 'complete' }));
  } catch (thrown) {
    const reason = chargeRefusal(attempt, endpoint, thrown);
    // Whoever has ended it waits for no answer, and that it broke off then is no failure.
    if (!place.isLost) dialogue.send(stringifyExact({ id, type: 'error', payload: errorsOf(reason, attempt) }));
  }
  if (place.isLost && dialogue.endedWith) note(attempt, dialogue.endedWith, undefined);
  place.leave();
  attempt.caller?.leave();
  endpoint.finished(attempt);
  dialogue.ended();
}

const isSubscription = ({ prepared }: Found) => prepared.plan.operation === 'subscription';
const kindOf = (found: Found) => (isSubscription(found) ? 'stream' : found.prepared.plan.kind);

/** From what was found out about a document to an operation that may be run, in the order of `answer` of the endpoint. */
function letInto({ endpoint, identity }: Dialogue, params: Params, found: Found, exchange: Attempt): Operation {
  const { token, claims } = identityFor(found.prepared, identity);
  const filter = letIn(exchange, endpoint, params, found.prepared, claims);
  exchange.kind = kindOf(found);
  return { ...found, exchange, endpoint, params, token, claims, filter };
}

/** The line of the connection, which its first subscription opens. */
function lineOf(dialogue: Dialogue): Line {
  dialogue.line ??= openLine(dialogue.endpoint);
  return dialogue.line;
}

interface Answering {
  readonly place: Place;
  readonly stream: EventStream;
  readonly admission: Admission;
}

async function pump(dialogue: Dialogue, id: string, { place, stream, admission }: Answering): Promise<void> {
  const head = `{"id":${JSON.stringify(id)},"type":"next","payload":`;
  for (;;) {
    const json = await stream.next();
    if (json === undefined) return;
    await dialogue.room();
    if (place.isLost) return;
    dialogue.send(`${head}${admission.event(json)}}`);
  }
}
