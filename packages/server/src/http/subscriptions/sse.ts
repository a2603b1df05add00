import type { ServerResponse } from 'node:http';
import { LatchkeyError } from '../../domain/errors.js';
import type { EventStream } from '../../gateway/subscribe/events.js';
import type { Line } from '../../gateway/subscribe/line.js';
import { stringifyExact } from '../../lib/exact-json.js';
import type { Call } from '../call.js';
import { type Admission, admit } from './admit.js';
import { callerOf } from './caller.js';
import { goodbye } from './closing.js';
import { keepAlive } from './keep-alive.js';
import type { Connection, Seat } from './live.js';
import { roomIn } from './room.js';
import { errorsOf, openLine, run } from './run.js';

/** What gives the answers of an operation for as long as it runs. */
interface Answering {
  readonly stream: EventStream;
  readonly admission: Admission;
  release(): void;
}

/**
 * Answers with server-sent events: `next` for each answer, then `complete` (GraphQL over SSE, distinct connections mode).
 * Resolves when the stream has ended; rejects with what has to be told over HTTP before there is one.
 */
export async function answerWithEvents(call: Call): Promise<void> {
  const { exchange, endpoint, claims, token, prepared } = call;
  const { response } = exchange;
  // Gone while its token was looked at: nothing will tell of that any more.
  if (response.destroyed) return;
  const isSubscription = prepared.plan.operation === 'subscription';
  let ending: LatchkeyError | undefined;

  const end = (error: LatchkeyError) => {
    if (ending) return;
    ending = error;
    running.stream.close();
    setTimeout(() => response.destroy(), goodbye).unref();
  };
  const goAway = (timeout: number) => {
    const leave = () => end(new LatchkeyError('GOING_AWAY', { retryAfter: 1 }));
    if (isSubscription) leave();
    else setTimeout(leave, timeout).unref();
  };
  const connection: Connection = { claims, token, end, goAway };
  const seat = endpoint.live.enter(connection, callerOf(claims, endpoint.sourceOf(exchange.request)));
  const running = start(call, seat);
  if (isSubscription) exchange.kind = 'stream';
  try {
    begin(call);
    const stopBeating = beat(call);
    response.on('close', () => {
      stopBeating();
      running.stream.close();
    });
    await pump(response, running, endpoint.subscriptionBuffer);
    if (ending) throw ending;
  } catch (thrown) {
    const error = ending ?? thrown;
    // That it breaks off when its caller has gone is no failure.
    if (ending || !response.destroyed)
      writeEvent(response, 'next', stringifyExact({ errors: errorsOf(error, exchange) }));
  } finally {
    running.stream.close();
    running.release();
  }
  writeEvent(response, 'complete', '');
  response.end();
}

function start(call: Call, seat: Seat): Answering {
  let line: Line | undefined;
  let free: (() => void) | undefined;
  const release = () => {
    line?.close();
    free?.();
    seat.leave();
  };
  try {
    free = seat.begin();
    const admission = admit(call);
    const stream = run(call, () => {
      line = openLine(call.endpoint);
      return line;
    });
    return { stream, admission, release };
  } catch (error) {
    release();
    throw error;
  }
}

function begin({ exchange: { response }, headers }: Call): void {
  response.writeHead(200, [
    'content-type',
    'text/event-stream; charset=utf-8',
    'cache-control',
    'no-store, no-transform',
    // nginx would wait for more before it passes anything on.
    'x-accel-buffering',
    'no',
    ...headers,
  ]);
  // So that the caller sees that it is connected, although there may be no event for long.
  response.write(':\n\n');
}

function beat({ exchange: { request, response }, endpoint }: Call): () => void {
  const { socket } = request;
  const comment = () => {
    if (!response.writableNeedDrain) response.write(':\n\n');
  };
  const peer = { socket, beat: comment, cut: () => response.destroy(), answers: false };
  return keepAlive(peer, endpoint.subscriptionKeepAlive);
}

async function pump(response: ServerResponse, { stream, admission }: Answering, limit: number): Promise<void> {
  for (;;) {
    const json = await stream.next();
    if (json === undefined) return;
    await roomIn(response, limit);
    writeEvent(response, 'next', admission.event(json));
  }
}

/** Line ends in JSON are only between its parts, where a space is as good; one would end the line of the event. */
function writeEvent(response: ServerResponse, event: string, json: string): void {
  if (response.destroyed || response.writableEnded) return;
  response.write(`event: ${event}\ndata: ${/[\r\n]/.test(json) ? json.replace(/[\r\n]+/g, ' ') : json}\n\n`);
}
