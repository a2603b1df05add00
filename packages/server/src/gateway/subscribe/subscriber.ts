import { createPool } from '../http1/pool.js';
import type { Upstream } from '../upstream.js';
import type { Line, LineSettings, Subscriber } from './line.js';
import { openSseLine } from './sse-line.js';
import { openWebSocketLine } from './websocket-line.js';

/** The way to an upstream that takes subscriptions over `kind`. */
export function createSubscriber(
  kind: 'ws' | 'sse',
  settings: LineSettings,
  upstream: Pick<Upstream, 'origin' | 'breaker'>,
): Subscriber {
  const subscriber = kind === 'ws' ? overWebSockets(settings) : overEvents(settings);
  // Streams that come from somewhere else may be there while the rest is away.
  const isElsewhere = new URL(withScheme(settings.url, 'http')).origin !== upstream.origin;
  return isElsewhere ? subscriber : behind(upstream.breaker, subscriber);
}

function behind(breaker: Upstream['breaker'], { openLine, close }: Subscriber): Subscriber {
  return {
    openLine() {
      const line = openLine();
      return {
        subscribe(question, headers) {
          breaker.assertClosed();
          return line.subscribe(question, headers);
        },
        close: line.close,
      };
    },
    close,
  };
}

function overWebSockets(settings: LineSettings): Subscriber {
  const lines = new Set<Line>();
  const url = withScheme(settings.url, 'ws');
  return {
    openLine() {
      const line = openWebSocketLine({ ...settings, url });
      lines.add(line);
      return {
        subscribe: line.subscribe,
        close() {
          lines.delete(line);
          line.close();
        },
      };
    },
    async close() {
      for (const line of lines) line.close();
    },
  };
}

function overEvents({ url, timeout, buffer, keepAlive }: LineSettings): Subscriber {
  const address = new URL(withScheme(url, 'http'));
  // Of its own, and without a bound: a stream holds its connection for as long as it runs, and other operations must
  // not wait for one. Their number is bounded where callers come in.
  const pool = createPool(address, {
    connections: Number.POSITIVE_INFINITY,
    timeout,
    // There may be no event for as long as it likes, nor a comment: whether the host is still there, TCP asks.
    mayPause: true,
    keepAliveDelay: Math.max(keepAlive, shortestProbe),
  });
  return {
    openLine: () => openSseLine({ pool, path: address.pathname + address.search, buffer }),
    close: async () => pool.destroy(),
  };
}

/** Milliseconds: Node.js takes less for nothing at all. */
const shortestProbe = 1_000;

function withScheme(url: string, scheme: 'http' | 'ws'): string {
  return url.replace(/^(?:http|ws)(?=s?:)/i, scheme);
}
