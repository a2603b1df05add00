import type { Readable } from 'node:stream';
import type { RawHeaders } from '../headers.js';

/** What is asked for, with POST. */
export interface UpstreamRequest {
  readonly path: string;
  readonly headers: RawHeaders;
  readonly body: Buffer | string | Readable;
  /** Sent once more, on another connection, if the first fails before anything is answered; never with a stream as its body. */
  readonly mayRepeat: boolean;
}

/**
 * What has become of the bytes of an answer: `used` if they are not needed any more, `kept` if they are, and `full` if no
 * more should be read until `resume` is called; by then, the bytes of before are not needed any more.
 */
export type Taken = 'used' | 'kept' | 'full';

/** What throws here ends the connection, and is what `onError` is called with. */
export interface AnswerHandler {
  /** The header fields: names in lower case and values in turn. */
  onHead(status: number, fields: RawHeaders): void;
  /** A piece of the body. */
  onData(bytes: Buffer): void;
  /** All of it has come. */
  onEnd(): void;
  /**
   * After all that one read has brought, `onEnd` too, when `full` means no more than `kept`. Over TLS there may be
   * another read after it was full.
   */
  onRead(): Taken;
  /** Instead of `onEnd`, or after it where that has thrown; nothing follows. */
  onError(error: Error): void;
}

/** A request on its way. */
export interface InFlight {
  /** The text of its head, but for what tells the length of the body. */
  readonly head: string;
  readonly body: UpstreamRequest['body'];
  readonly handler: AnswerHandler;
  /** Answered, failed or given up: its connection may be another's by now. */
  isOver: boolean;
}

/** Where connections lead. */
export interface Target {
  readonly url: URL;
  /** Milliseconds that may pass until an answer begins, and between two pieces of it. */
  readonly timeout: number;
  /** An answer that has begun may pause for as long as it likes. */
  readonly mayPause: boolean;
  /** Milliseconds without a byte after which TCP asks whether the other side is there. */
  readonly keepAliveDelay: number;
  /** The TLS session to resume. */
  session(): Buffer | undefined;
  onSession(session: Buffer): void;
}
