import type { IncomingMessage, ServerResponse } from 'node:http';
import { LatchkeyError } from '../domain/errors.js';
import type { RawHeaders } from '../gateway/headers.js';
import type { Plan } from '../gateway/plan.js';
import {
  acceptsEvents,
  acceptsOnlyEvents,
  anyJson,
  type Negotiated,
  negotiate,
  prefersHtml,
} from '../graphql/media-type.js';
import { type Params, parseBody, parseSearch } from '../graphql/params.js';
import { readJsonBody, readText } from './body.js';
import type { GraphqlEndpoint } from './call.js';
import { corsHeaders, preflightHeaders } from './cors.js';
import { readBearerToken } from './credentials.js';
import { createExchange, type Exchange } from './exchange.js';
import { fail } from './fail.js';
import { chargeRefusal, letIn } from './let-in.js';
import { meter } from './meter.js';
import { mustWait, prepareNow } from './prepare-now.js';
import { runFiltered } from './run-filtered.js';
import { runOwn } from './run-own.js';
import { runSplit } from './run-split.js';
import { runUpstream } from './run-upstream.js';
import { securityHeaders } from './security-headers.js';
import { answerWithEvents } from './subscriptions/sse.js';
import { isUpload, readUpload, type Upload } from './upload/read-upload.js';

/** The listener for /graphql: from the socket to the answer. */
export function createGraphqlListener(endpoint: GraphqlEndpoint) {
  const security = securityHeaders(endpoint.publicUrl);

  return (request: IncomingMessage, response: ServerResponse): void => {
    const exchange = createExchange(request, response);
    const headers = [...security, 'x-request-id', exchange.id];
    // What has failed is answered with; this never rejects.
    answer(exchange, endpoint, headers).then(
      () => finish(exchange, endpoint),
      (error: unknown) => {
        fail(exchange, endpoint, chargeRefusal(exchange, endpoint, error), headers);
        finish(exchange, endpoint);
      },
    );
  };
}

/** However it ended: answered, refused, or its caller gone. */
function finish(exchange: Exchange, endpoint: GraphqlEndpoint): void {
  exchange.caller?.leave();
  endpoint.finished(exchange);
}

async function answer(exchange: Exchange, endpoint: GraphqlEndpoint, basic: RawHeaders): Promise<void> {
  const { request, response } = exchange;
  const cors = corsHeaders(request, endpoint.publicUrl, endpoint.corsOrigins);
  const headers = cors.length > 0 ? basic.concat(cors) : basic;
  if (request.method === 'OPTIONS') {
    const preflight = preflightHeaders(headers, request.headers['access-control-request-headers']);
    response.writeHead(204, [...preflight, 'allow', 'GET, POST']).end();
    return;
  }
  const { accept } = request.headers;
  if (isPageRequest(request)) return endpoint.ide.send(exchange, headers);
  const as = negotiate(accept);
  const upload = endpoint.upstream && isUpload(request) ? await readUpload(exchange, endpoint.uploads) : undefined;
  const body = request.method === 'POST' && !upload ? await readJsonBody(request, endpoint.bodyLimit) : undefined;
  const asked = upload?.params ?? (body ? parseBody(readText(body)) : readSearch(request));
  const params = endpoint.documents.resolve(asked);
  let found = prepareNow(endpoint, params);
  if (mustWait(found)) {
    await endpoint.door.wait();
    found = prepareNow(endpoint, params);
  }
  const { prepared, isDoorOpen } = found;
  const { plan } = prepared;
  const asEvents = plan.operation === 'subscription' ? acceptsEvents(accept) : acceptsOnlyEvents(accept);
  assertServable(plan, request, asEvents, as, upload);
  const token = prepared.looksAtToken ? readBearerToken(request.rawHeaders) : undefined;
  if (token === undefined && prepared.needsToken) throw new LatchkeyError('UNAUTHENTICATED');
  const { accessTokens } = endpoint.domain;
  const claims = token === undefined ? undefined : (accessTokens.recall(token) ?? (await accessTokens.verify(token)));
  const filter = letIn(exchange, endpoint, params, prepared, claims);
  if (upload && filter) throw filesForFewer();
  const call = {
    exchange,
    endpoint,
    params,
    prepared,
    isDoorOpen,
    claims,
    token,
    filter,
    body,
    upload,
    as: as ?? anyJson,
    headers,
  };
  exchange.kind = plan.kind;
  // Awaited, not returned: a promise that is returned takes two turns more.
  if (asEvents) await answerWithEvents(call);
  else if (plan.kind === 'own') await runOwn(call, plan);
  else {
    const learning = meter(call);
    if (learning) await learning;
    if (plan.kind === 'split') await runSplit(call, plan);
    else await (filter ? runFiltered(call, filter) : runUpstream(call, plan));
  }
}

/** Cutting fields out of an operation would leave its files without a place. */
function filesForFewer(): LatchkeyError {
  const message = 'An operation with files can only ask for what you may have, and this one asks for more.';
  return new LatchkeyError('FORBIDDEN', { message });
}

/** Whether the operation can be asked for, and answered, in this way; `as` is undefined where no type of ours is accepted. */
function assertServable(
  { kind, operation }: Plan,
  { method }: IncomingMessage,
  asEvents: boolean,
  as: Negotiated | undefined,
  upload: Upload | undefined,
): void {
  if (operation === 'subscription' && !asEvents) throw subscriptionNeedsStream();
  // A link or an image can send a GET: it must not change anything (GraphQL over HTTP §6.2).
  if (method === 'GET' && operation === 'mutation') throw new LatchkeyError('METHOD_NOT_ALLOWED');
  if (upload && (kind !== 'upstream' || asEvents)) throw filesForOthers(asEvents);
  // What the upstream answers with is between it and the caller.
  if (!as && !asEvents && kind !== 'upstream') throw new LatchkeyError('NOT_ACCEPTABLE');
}

function subscriptionNeedsStream(): LatchkeyError {
  const message = 'A subscription needs a connection that stays open.';
  return new LatchkeyError('SUBSCRIPTION_NOT_SUPPORTED', { message });
}

function isPageRequest({ method, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && prefersHtml(headers.accept);
}

function filesForOthers(asEvents: boolean): LatchkeyError {
  const message = asEvents
    ? 'Files cannot be sent with an operation that is answered with events; accept application/json.'
    : 'Files can be sent with an operation of the API behind this endpoint alone, without a field of Latchkey.';
  return new LatchkeyError('BAD_REQUEST', { message });
}

function readSearch({ method, url = '' }: IncomingMessage): Params {
  if (method !== 'GET') throw new LatchkeyError('METHOD_NOT_ALLOWED');
  const start = url.indexOf('?');
  return parseSearch(start < 0 ? '' : url.slice(start + 1));
}
