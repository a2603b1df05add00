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
  let rest = '';
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

  return (chunk) => {
    const text = rest + decoder.decode(chunk, { stream: true });
    // Half of a CRLF must not be taken for a line end of its own.
    const lines = text.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() as string;
    const events: ServerSentEvent[] = [];
    for (const line of lines) {
      const complete = read(line);
      if (complete) events.push(complete);
      if (size > limit) throw new RangeError(`an event is larger than ${limit} characters`);
    }
    if (rest.length + size > limit) throw new RangeError(`an event is larger than ${limit} characters`);
    return events;
  };
}
