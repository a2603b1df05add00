import { forward } from '../gateway/forward.js';
import type { RawHeaders } from '../gateway/headers.js';
import type { UpstreamPlan } from '../gateway/plan.js';
import type { Call } from './call.js';
import { runUpload } from './run-upload.js';
import {
  askerOf,
  isPersonal,
  ofBody,
  operationOf,
  upstreamHeaders,
  upstreamOf,
  withoutLeftOvers,
} from './upstream-request.js';

/** Sends the caller's bytes on, and the upstream's back. Resolves and rejects as `forward` does. */
export function runUpstream(call: Call, plan: UpstreamPlan): Promise<void> {
  if (call.upload) return runUpload(call, plan, call.upload);
  const made = upstreamHeaders(call.endpoint.identity, askerOf(call), ofBody);
  return made instanceof Promise ? made.then((fields) => send(call, plan, fields)) : send(call, plan, made);
}

function send(call: Call, plan: UpstreamPlan, fields: RawHeaders): Promise<void> {
  const { exchange, endpoint, headers } = call;
  const params = withoutLeftOvers(plan, call.params);
  const isRewritten =
    plan.upstream || params !== call.params || !params.isVerbatim || endpoint.documents.areTrustedOnly;
  const body = (isRewritten ? undefined : call.body) ?? operationOf(params, plan);
  // Not in the caller's words: of two charsets the upstream might take the one that the body was not read by. And a
  // GET goes on as a POST: every GraphQL server takes one, and there is one way to read it.
  fields.push('content-type', 'application/json');
  const mayRepeat = plan.operation === 'query';
  const request = { body, headers: fields, mayRepeat, isPersonal: isPersonal(call) };
  return forward(upstreamOf(call), request, exchange.response, headers);
}
