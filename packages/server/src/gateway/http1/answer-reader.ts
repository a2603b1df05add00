import { type AnswerHead, maxHeadSize, parseAnswerHead } from './answer-head.js';
import { type ChunkedReader, createChunkedReader } from './chunked.js';
import { InvalidAnswer } from './failures.js';

export interface AnswerSink {
  /** Of the answer itself, not of those that only say that another will come. */
  onHead(head: AnswerHead): void;
  /** A piece of the body. */
  onData(bytes: Buffer): void;
}

/** Reads one answer after the other from the bytes of a connection. */
export interface AnswerReader {
  /** An answer is waited for. */
  begin(): void;
  /** Reads from the first `end` bytes, calls the sink, and returns how many of them belong to the answer. Throws InvalidAnswer, and what the sink throws. */
  read(bytes: Buffer, end: number): number;
  /** The connection has ended. Returns whether that makes the answer whole. */
  end(): boolean;
  /** Whatever comes is not looked at any more. */
  stop(): void;
  /** Some of it has come. */
  readonly isHeard: boolean;
  /** Its head has come. */
  readonly hasHead: boolean;
  /** All of it has come; from the start until `begin`, too. */
  readonly isWhole: boolean;
}

/** Answers that only say that another will come (RFC 9110 §15.2). */
const maxInformational = 16;
/** Bytes that are looked through for the end of a head at once: most have fewer. */
const headWindow = 1_024;

const beginning = 'HTTP/1.';
const bareLineFeed = /(?:^|[^\r])\n/;

export function createAnswerReader(sink: AnswerSink): AnswerReader {
  let phase: 'head' | 'counted' | 'chunked' | 'to-end' | 'whole' = 'whole';
  let head = '';
  let left = 0;
  let chunked: ChunkedReader | undefined;
  let informational = 0;
  let isHeard = false;

  function readHead(bytes: Buffer, at: number, end: number): number {
    const before = head.length;
    const until = Math.min(end, at + headWindow, at + maxHeadSize - before);
    head += bytes.toString('latin1', at, until);
    const stop = head.indexOf('\r\n\r\n', Math.max(0, before - 3));
    if (stop < 0) {
      // Said at once, where somebody else speaks another protocol and waits for us, or ends its lines in another way.
      if (!beginning.startsWith(head.slice(0, beginning.length)) || bareLineFeed.test(head)) {
        throw new InvalidAnswer('what has come is no head of HTTP/1.1');
      }
      if (head.length >= maxHeadSize) throw new InvalidAnswer('the head of an answer has more than 16 KiB');
      return until;
    }
    const answer = parseAnswerHead(head.slice(0, stop));
    head = '';
    if (answer.status < 200) {
      if (answer.status === 101) throw new InvalidAnswer('the protocol was switched, which nobody has asked for');
      if (answer.keepFor === 0) throw new InvalidAnswer('an answer that another should follow ends the connection');
      if (++informational > maxInformational) throw new InvalidAnswer('more than 16 informational answers');
    } else beginBody(answer);
    return at + stop + 4 - before;
  }

  function beginBody(answer: AnswerHead): void {
    left = answer.length ?? 0;
    if (answer.isChunked) {
      phase = 'chunked';
      chunked = createChunkedReader();
    } else if (answer.length === undefined) phase = 'to-end';
    else phase = left === 0 ? 'whole' : 'counted';
    sink.onHead(answer);
  }

  function readCounted(bytes: Buffer, at: number, end: number): number {
    const stop = Math.min(end, at + left);
    left -= stop - at;
    if (left === 0) phase = 'whole';
    sink.onData(bytes.subarray(at, stop));
    return stop;
  }

  function readChunk(bytes: Buffer, at: number, end: number): number {
    const reader = chunked as ChunkedReader;
    const stop = reader.next(bytes, at, end);
    if (reader.isDone) phase = 'whole';
    if (stop > reader.start) sink.onData(bytes.subarray(reader.start, stop));
    return stop;
  }

  function readOn(bytes: Buffer, at: number, end: number): number {
    if (phase === 'head') return readHead(bytes, at, end);
    if (phase === 'counted') return readCounted(bytes, at, end);
    if (phase === 'chunked') return readChunk(bytes, at, end);
    sink.onData(bytes.subarray(at, end));
    return end;
  }

  return {
    begin() {
      phase = 'head';
      head = '';
      informational = 0;
      isHeard = false;
    },
    read(bytes, end) {
      let at = 0;
      isHeard = true;
      while (at < end && phase !== 'whole') at = readOn(bytes, at, end);
      return at;
    },
    end() {
      if (phase !== 'to-end') return false;
      phase = 'whole';
      return true;
    },
    stop() {
      phase = 'whole';
    },
    get isHeard() {
      return isHeard;
    },
    get hasHead() {
      return phase !== 'head';
    },
    get isWhole() {
      return phase === 'whole';
    },
  };
}
