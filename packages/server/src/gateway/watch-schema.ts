import { setTimeout as sleep } from 'node:timers/promises';
import type { GraphQLSchema } from 'graphql';
import type { Log } from '../lib/log.js';
import { fetchUpstreamSchema } from './schema.js';
import type { Upstream } from './upstream.js';

const firstPause = 250;
const longestPause = 10_000;

/**
 * Asks the upstream for its schema until it gives one, with growing pauses, and resolves with it. Signing in
 * works meanwhile. Rejects only when `signal` ends it.
 */
export async function awaitUpstreamSchema(upstream: Upstream, log: Log, signal: AbortSignal): Promise<GraphQLSchema> {
  for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
    try {
      return await fetchUpstreamSchema(upstream);
    } catch (error) {
      signal.throwIfAborted();
      const fields = { upstream: upstream.origin, reason: reasonOf(error), retryInMs: pause };
      log.warn(fields, 'the schema of the upstream could not be read');
    }
    await sleep(pause, undefined, { signal });
  }
}

/** In a line: it is said again at every try. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  return cause instanceof Error ? cause.message : String(cause);
}
