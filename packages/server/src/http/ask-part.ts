import { askUpstream } from '../gateway/ask.js';
import type { Answer } from '../gateway/merge.js';
import type { UpstreamPart } from '../gateway/plan.js';
import type { Operation } from './call.js';
import { aboutBody, askerOf, questionOf, upstreamHeaders, upstreamOf } from './upstream-request.js';

/**
 * Asks the upstream for its part of an operation, and reads the answer; `signal` ends that. Rejects with
 * UPSTREAM_UNAVAILABLE, UPSTREAM_TIMEOUT or UPSTREAM_INVALID, and as upstreamHeaders does.
 */
export async function askPart(operation: Operation, part: UpstreamPart, signal: AbortSignal): Promise<Answer> {
  const upstream = upstreamOf(operation);
  const headers = await upstreamHeaders(operation.endpoint.identity, askerOf(operation), aboutBody);
  // A mutation may have been run although its answer never came.
  const mayRepeat = operation.prepared.plan.operation === 'query';
  return askUpstream(upstream, questionOf(part, operation.params), headers, { mayRepeat, signal });
}
