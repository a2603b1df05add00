import { LatchkeyError } from '../../domain/errors.js';
import { parseAnswer, type Question, readText } from '../ask.js';
import type { RawHeaders } from '../headers.js';
import type { Pool } from '../http1/pool.js';
import { request, type UpstreamAnswer } from '../http1/request.js';
import { toUpstreamError } from '../upstream.js';
import { createEnded, createEventQueue, type EventQueue, type EventStream, UpstreamRefusal } from './events.js';
import { type Line, maxEventBytes } from './line.js';
import { createEventParser, type ServerSentEvent } from './sse-parser.js';

export interface SseEndpoint {
  readonly pool: Pool;
  readonly path: string;
  /** Characters that may wait for a caller before the upstream is no longer read. */
  readonly buffer: number;
}

/** A line on which each subscription is a request of its own that is answered with server-sent events (graphql-sse, distinct connections). */
export function openSseLine(endpoint: SseEndpoint): Line {
  const running = new Set<AbortController>();
  let isClosed = false;

  function subscribe(question: Question, headers: RawHeaders): EventStream {
    if (isClosed) return createEnded();
    const ending = new AbortController();
    running.add(ending);
    const brake = createBrake(endpoint.buffer);
    const queue = createEventQueue({ sizeChanged: brake.sizeChanged, closed: () => ending.abort() });
    const { pool, path } = endpoint;
    const asked = { path, headers: headersFor(headers), body: question, mayRepeat: false };
    read(request(pool, asked, ending.signal), queue, brake.released)
      .catch((error: unknown) => queue.end(error instanceof UpstreamRefusal ? error : toUpstreamError(error)))
      .finally(() => {
        running.delete(ending);
        // What follows the end of the stream is of no use to anybody.
        ending.abort();
      });
    return queue;
  }

  return {
    subscribe,
    close() {
      isClosed = true;
      for (const ending of running) ending.abort();
    },
  };
}

function headersFor(headers: RawHeaders): RawHeaders {
  return [...headers, 'content-type', 'application/json', 'accept', 'text/event-stream'];
}

/** On while more than `limit` characters wait. */
function createBrake(limit: number) {
  let size = 0;
  let release: (() => void) | undefined;
  return {
    sizeChanged(by: number) {
      size += by;
      if (size > limit) return;
      release?.();
      release = undefined;
    },
    released(): Promise<void> | undefined {
      if (size <= limit) return undefined;
      return new Promise((resolve) => {
        release = resolve;
      });
    },
  };
}

async function read(
  requested: Promise<UpstreamAnswer>,
  queue: EventQueue,
  released: () => Promise<void> | undefined,
): Promise<void> {
  const { status, field, body } = await requested;
  const type = field('content-type') ?? '';
  if (!type.startsWith('text/event-stream')) return readRefusal(status, await readText(body), queue);
  const parse = createEventParser(maxEventBytes);
  let isPlain = false;
  for await (const chunk of body) {
    for (const event of parseWith(parse, chunk)) {
      if (event.event === 'complete') return queue.end();
      isPlain ||= event.event === 'message';
      pushAnswer(event, queue);
    }
    // Not reading on is what holds the upstream back.
    await released();
  }
  // Servers from before the protocol name no event, and just stop.
  if (isPlain) return queue.end();
  throw new LatchkeyError('UPSTREAM_UNAVAILABLE', { cause: new Error('the stream broke off without "complete"') });
}

function parseWith(parse: ReturnType<typeof createEventParser>, chunk: Uint8Array): readonly ServerSentEvent[] {
  try {
    return parse(chunk);
  } catch (cause) {
    throw new LatchkeyError('UPSTREAM_INVALID', { cause });
  }
}

function pushAnswer({ event, data }: ServerSentEvent, queue: EventQueue): void {
  if (event !== 'next' && event !== 'message') return;
  if (!parseAnswer(data)) {
    throw new LatchkeyError('UPSTREAM_INVALID', { cause: new Error('an event of the upstream is no GraphQL') });
  }
  queue.push(data);
}

/** A server may answer with JSON what it will not stream. */
function readRefusal(status: number, text: string, queue: EventQueue): void {
  const answer = parseAnswer(text);
  if (!answer) {
    const cause = new Error(`the upstream answered ${status} without a stream of events`);
    throw new LatchkeyError('UPSTREAM_INVALID', { cause });
  }
  if (answer.data === undefined) throw new UpstreamRefusal(answer.errors ?? []);
  queue.push(text);
  queue.end();
}
