import type { Question } from '../ask.js';
import type { RawHeaders } from '../headers.js';
import type { EventStream } from './events.js';

/** What carries the subscriptions of one connection of a caller to the upstream, under that caller's identity. */
export interface Line {
  /**
   * Begins one subscription at the upstream; an empty one after `close`. `headers` say who the caller is, now: what
   * was said with an earlier one may have expired. Throws UPSTREAM_UNAVAILABLE while the upstream is known to be away.
   */
  subscribe(question: Question, headers: RawHeaders): EventStream;
  /** Ends whatever still runs on it. */
  close(): void;
}

/** The way to an upstream that takes subscriptions. */
export interface Subscriber {
  /** Connects nowhere yet: the first subscription does. */
  openLine(): Line;
  /** Cuts every line. */
  close(): Promise<void>;
}

/** Times in milliseconds. */
export interface LineSettings {
  readonly url: string;
  /** How long it may take until the upstream has taken a connection. */
  readonly timeout: number;
  /** Characters that may wait for a caller before the upstream is no longer read. */
  readonly buffer: number;
  readonly keepAlive: number;
}

/** The largest event that is taken from an upstream, in bytes. */
export const maxEventBytes = 16 * 1024 * 1024;
