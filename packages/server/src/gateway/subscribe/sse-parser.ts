/** An event of a stream of server-sent events. */
export interface ServerSentEvent {
  /** "message" where the stream does not say. */
  readonly event: string;
  readonly data: string;
}

/**
 * Reads text/event-stream piece by piece (HTML §9.2.6), and returns for each piece the events that it completes.
 * Throws a RangeError when an event grows beyond `limit` characters.
 */
export function createEventParser(limit: number): (chunk: Uint8Array) => readonly ServerSentEvent[] {
  const decoder = new TextDecoder();
  const unfinished = createUnfinished();
  let hasCr = false;
  let event = '';
  let data: string[] = [];
  let size = 0;

  /** The event that an empty line completes. */
  function read(line: string): ServerSentEvent | undefined {
    if (line === '') {
      const complete =
        event !== '' || data.length > 0 ? { event: event || 'message', data: data.join('\n') } : undefined;
      event = '';
      data = [];
      size = 0;
      return complete;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') event = value;
    if (field === 'data') {
      data.push(value);
      size += value.length + 1;
    }
    return undefined;
  }

  /** The lines that a piece completes. */
  function split(chunk: Uint8Array): readonly string[] {
    const text = decoder.decode(chunk, { stream: true });
    // Half of a sign: it says nothing of what follows.
    if (text === '') return [];
    // The other half of a CRLF is no line end of its own.
    const lines = text.slice(hasCr && text.startsWith('\n') ? 1 : 0).split(/\r\n|\n|\r/);
    hasCr = text.endsWith('\r');
    const rest = lines.pop() as string;
    if (lines.length > 0) lines[0] = unfinished.take() + lines[0];
    unfinished.add(rest);
    return lines;
  }

  return (chunk) => {
    const events: ServerSentEvent[] = [];
    for (const line of split(chunk)) {
      const complete = read(line);
      if (complete) events.push(complete);
      if (size > limit) throw new RangeError(`an event is larger than ${limit} characters`);
    }
    if (unfinished.size + size > limit) throw new RangeError(`an event is larger than ${limit} characters`);
    return events;
  };
}

/** The pieces of a line that has not ended: put together once, since a large one looked through with each piece takes seconds. */
function createUnfinished() {
  let pieces: string[] = [];
  let size = 0;
  return {
    get size() {
      return size;
    },
    add(piece: string) {
      pieces.push(piece);
      size += piece.length;
    },
    take(): string {
      const line = pieces.join('');
      pieces = [];
      size = 0;
      return line;
    },
  };
}
