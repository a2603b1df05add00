import { forward } from '../gateway/forward.js';
import type { UpstreamPlan } from '../gateway/plan.js';
import type { Call } from './call.js';
import type { Upload } from './upload/read-upload.js';
import { askerOf, isPersonal, operationOf, upstreamHeaders, upstreamOf, withoutLeftOvers } from './upstream-request.js';

const ownOfUpload: ReadonlySet<string> = new Set(['content-type', 'apollo-require-preflight']);

/** Sends an operation and its files on as they come, and the upstream's answer back. */
export async function runUpload(call: Call, plan: UpstreamPlan, upload: Upload): Promise<void> {
  const headers = await upstreamHeaders(call.endpoint.identity, askerOf(call), ownOfUpload);
  const { contentType, body } = upload.open(operationOf(withoutLeftOvers(plan, call.params), plan));
  // Servers that would not take it from a form ask for this; that no form has sent it, we know.
  headers.push('content-type', contentType, 'apollo-require-preflight', 'true');
  try {
    const request = { body, headers, mayRepeat: false, isPersonal: isPersonal(call) };
    await forward(upstreamOf(call), request, call.exchange.response, call.headers);
  } catch (error) {
    throw upload.failure ?? error;
  }
}
