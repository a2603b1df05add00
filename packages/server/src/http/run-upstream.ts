import { forward } from '../gateway/forward.js';
import type { UpstreamPlan } from '../gateway/plan.js';
import type { Call } from './call.js';
import { runUpload } from './run-upload.js';
import { askerOf, ofBody, operationOf, upstreamHeaders, upstreamOf, withoutLeftOvers } from './upstream-request.js';

/** Sends the caller's bytes on, and the upstream's back. */
export async function runUpstream(call: Call, plan: UpstreamPlan): Promise<void> {
  const { exchange, endpoint, headers, upload } = call;
  if (upload) return runUpload(call, plan, upload);
  const params = withoutLeftOvers(plan, call.params);
  const isRewritten =
    plan.upstream || params !== call.params || !params.isVerbatim || endpoint.documents.areTrustedOnly;
  const bytes = isRewritten ? undefined : call.body;
  const made = upstreamHeaders(endpoint.identity, askerOf(call), ofBody);
  const fields = made instanceof Promise ? await made : made;
  // Not in the caller's words: of two charsets the upstream might take the one that the body was not read by. And a
  // GET goes on as a POST: every GraphQL server takes one, and there is one way to read it.
  fields.push('content-type', 'application/json');
  const body = bytes ?? operationOf(params, plan);
  const mayRepeat = plan.operation === 'query';
  await forward(upstreamOf(call), { body, headers: fields, mayRepeat }, exchange.response, headers);
}
