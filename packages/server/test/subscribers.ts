import { createClient as createSseClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import type { TestServer } from './harness.js';

// biome-ignore lint/suspicious/noExplicitAny: an answer has the shape that the test's document gives it
export type Event = any;

/** How an operation that was subscribed to went. */
export interface Subscription {
  readonly events: Event[];
  /** Resolves with what it ended with: undefined for a proper end, the errors or the close event otherwise. */
  readonly ended: Promise<Event>;
  stop(): void;
}

export interface Subscriber {
  subscribe(query: string, variables?: Record<string, unknown>): Subscription;
  dispose(): void;
}

type Client = ReturnType<typeof createSocketClient> | ReturnType<typeof createSseClient>;

function subscriberOf(client: Client): Subscriber {
  return {
    subscribe(query, variables) {
      const events: Event[] = [];
      let stop = () => {};
      const ended = new Promise((resolve) => {
        const sink = {
          next: (event: Event) => void events.push(event),
          error: resolve,
          complete: () => resolve(undefined),
        };
        stop = client.subscribe({ query, ...(variables && { variables }) }, sink as never);
      });
      return { events, ended, stop: () => stop() };
    },
    dispose: () => void client.dispose(),
  };
}

/** The client of graphql-ws, its token in connection_init. */
export function overSocket({ url }: Pick<TestServer, 'url'>, token?: string): Subscriber {
  return subscriberOf(
    createSocketClient({
      url: url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
      ...(token !== undefined && { connectionParams: { Authorization: `Bearer ${token}` } }),
    }),
  );
}

/** The client of graphql-sse, its token in the header. */
export function overEvents({ url }: Pick<TestServer, 'url'>, token?: string): Subscriber {
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return subscriberOf(createSseClient({ url, headers, retryAttempts: 0 }));
}
