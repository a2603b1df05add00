import { forward } from '../gateway/forward.js';
import type { UpstreamPlan } from '../gateway/plan.js';
import type { Call } from './call.js';
import { ofBody, questionOf, upstreamHeaders, upstreamOf } from './upstream-request.js';

/** Sends the caller's bytes on, and the upstream's back. */
export async function runUpstream(call: Call, plan: UpstreamPlan): Promise<void> {
  const { exchange, body, params, headers } = call;
  const bytes = plan.upstream ? undefined : body;
  // A GET goes on as a POST: every GraphQL server takes one, and there is one way to read it.
  const request = bytes
    ? { body: bytes, headers: upstreamHeaders(call) }
    : {
        body: JSON.stringify(plan.upstream ? questionOf(plan.upstream, params) : params),
        headers: [...upstreamHeaders(call, ofBody), 'content-type', 'application/json'],
      };
  await forward(upstreamOf(call), request, exchange.response, headers);
}
