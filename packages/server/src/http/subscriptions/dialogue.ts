import type { IncomingMessage } from 'node:http';
import type { ErrorCode, LatchkeyError } from '../../domain/errors.js';
import type { EventStream } from '../../gateway/subscribe/events.js';
import type { Line } from '../../gateway/subscribe/line.js';
import type { GraphqlEndpoint } from '../call.js';
import type { Identity } from './identify.js';
import type { Connection, Seat } from './live.js';

/** Times in milliseconds, the buffer in bytes. */
export interface SocketSettings {
  readonly connectionInitTimeout: number;
  readonly subscriptionBuffer: number;
  readonly subscriptionKeepAlive: number;
}

/** An operation that runs on a connection, or waits until it may. */
export interface Running {
  readonly stream: EventStream;
  /** It may go on for ever. */
  readonly isSubscription: boolean;
}

/** A caller's WebSocket, and what is known of who speaks there. */
export interface Dialogue {
  readonly endpoint: GraphqlEndpoint;
  readonly request: IncomingMessage;
  readonly seat: Seat;
  readonly identity: Identity;
  /** What runs, by the ids that the caller has given. */
  readonly operations: Map<string, Running>;
  /** The one line to the upstream for all subscriptions of this connection. */
  line: Line | undefined;
  /** Sends a message, unless the caller has gone. */
  send(text: string): void;
  /** Waits while too much waits for the caller. */
  room(): Promise<void> | undefined;
  /** Closes the connection as a whole, with the code of the error for a reason: 4401 for a token that is good no more. */
  end(error: LatchkeyError): void;
  /** Why the connection has ended, if that was not its caller's will. */
  readonly endedWith: ErrorCode | undefined;
  /** An operation has ended. */
  ended(): void;
}

export interface Opening {
  readonly endpoint: GraphqlEndpoint;
  /** The request that was upgraded. */
  readonly request: IncomingMessage;
  /** The bearer token of its header. */
  readonly headerToken: string | undefined;
  enter(connection: Connection): Seat;
}
