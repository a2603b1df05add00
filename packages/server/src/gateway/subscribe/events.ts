/** The answers of one operation, one by one, as JSON texts. */
export interface EventStream {
  /**
   * The next answer; undefined when there are no more. Rejects, once, with a LatchkeyError, or with an
   * UpstreamRefusal if the upstream found the operation wrong. Not to be called again before it has settled.
   */
  next(): Promise<string | undefined>;
  /** Ends it from the reading side. */
  close(): void;
}

/** The upstream would not run the operation, and says why in errors of GraphQL. */
export class UpstreamRefusal extends Error {
  override readonly name = 'UpstreamRefusal';
  /** Of parseExact, as all that is read of an answer. */
  readonly errors: readonly unknown[];

  constructor(errors: readonly unknown[]) {
    super('the upstream refuses the operation');
    this.errors = errors;
  }
}

/** An EventStream that is written into. */
export interface EventQueue extends EventStream {
  push(json: string): void;
  /** No more comes: after what waits, the reader gets to the end, or to the error. */
  end(error?: Error): void;
}

export interface QueueListener {
  /** By how many characters more or fewer wait now. */
  sizeChanged(by: number): void;
  /** The reader has closed it before its end. */
  closed(): void;
}

export function createEventQueue({ sizeChanged, closed }: QueueListener): EventQueue {
  let waiting: string[] = [];
  let reader: { resolve(json: string | undefined): void; reject(error: Error): void } | undefined;
  let isOver = false;
  let failure: Error | undefined;

  function release(): void {
    for (const json of waiting) sizeChanged(-json.length);
    waiting = [];
  }

  function takeFailure(): Error | undefined {
    const error = failure;
    failure = undefined;
    return error;
  }

  return {
    push(json) {
      if (isOver) return;
      if (!reader) {
        waiting.push(json);
        sizeChanged(json.length);
        return;
      }
      const { resolve } = reader;
      reader = undefined;
      resolve(json);
    },
    end(error) {
      if (isOver) return;
      isOver = true;
      if (!reader) {
        failure = error;
        return;
      }
      if (error) reader.reject(error);
      else reader.resolve(undefined);
      reader = undefined;
    },
    next() {
      const json = waiting.shift();
      if (json !== undefined) {
        sizeChanged(-json.length);
        return Promise.resolve(json);
      }
      const error = takeFailure();
      if (error) return Promise.reject(error);
      if (isOver) return Promise.resolve(undefined);
      return new Promise((resolve, reject) => {
        reader = { resolve, reject };
      });
    },
    close() {
      release();
      failure = undefined;
      reader?.resolve(undefined);
      reader = undefined;
      if (isOver) return;
      isOver = true;
      closed();
    },
  };
}

/** A stream without answers. */
export function createEnded(): EventStream {
  return { next: () => Promise.resolve(undefined), close: () => undefined };
}

/** A stream of one answer, which `run` gives; closing the stream aborts the signal. */
export function createSingle(run: (signal: AbortSignal) => Promise<string>): EventStream {
  const ending = new AbortController();
  let isRun = false;
  return {
    async next() {
      if (isRun || ending.signal.aborted) return undefined;
      isRun = true;
      return run(ending.signal);
    },
    close: () => ending.abort(),
  };
}

/**
 * A stream that `open` opens with what `awaited` gives, and never if it is closed before. Rejects at its first `next`
 * with what goes wrong there.
 */
export function createLater<T>(awaited: Promise<T>, open: (given: T) => EventStream): EventStream {
  let isClosed = false;
  let stream: EventStream | undefined;
  const opened = awaited.then((given) => {
    if (!isClosed) stream = open(given);
  });
  // Told by `next`, to whom it may concern.
  opened.catch(() => undefined);
  return {
    async next() {
      await opened;
      return isClosed ? undefined : stream?.next();
    },
    close() {
      isClosed = true;
      stream?.close();
    },
  };
}
