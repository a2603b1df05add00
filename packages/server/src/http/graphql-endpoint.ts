import { isUtf8 } from 'node:buffer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LatchkeyError } from '../domain/errors.js';
import type { RawHeaders } from '../gateway/headers.js';
import { DocumentError } from '../graphql/document-error.js';
import { toLatchkeyError } from '../graphql/format-error.js';
import {
  acceptsEvents,
  acceptsOnlyEvents,
  anyJson,
  isJsonContentType,
  negotiate,
  prefersHtml,
} from '../graphql/media-type.js';
import { type Params, parseBody, parseSearch } from '../graphql/params.js';
import type { Prepared } from '../graphql/prepare.js';
import { readBody } from './body.js';
import type { GraphqlEndpoint } from './call.js';
import { corsHeaders, preflightHeaders } from './cors.js';
import { bearerChallenge, readBearerToken } from './credentials.js';
import { enterCaller } from './enter-caller.js';
import { createExchange, type Exchange } from './exchange.js';
import { meter } from './meter.js';
import { runFiltered } from './run-filtered.js';
import { runOwn } from './run-own.js';
import { runSplit } from './run-split.js';
import { runUpstream } from './run-upstream.js';
import { securityHeaders } from './security-headers.js';
import { note, sendDocumentError, sendError } from './send.js';
import { answerWithEvents } from './subscriptions/sse.js';
import { isUpload, readUpload } from './upload/read-upload.js';

/** The listener for /graphql: from the socket to the answer. */
export function createGraphqlListener(endpoint: GraphqlEndpoint) {
  const security = securityHeaders(endpoint.publicUrl);

  return (request: IncomingMessage, response: ServerResponse): void => {
    const exchange = createExchange(request, response);
    const headers = [...security, 'x-request-id', exchange.id];
    void serve(exchange, endpoint, headers);
  };
}

/** Never rejects. */
async function serve(exchange: Exchange, endpoint: GraphqlEndpoint, headers: RawHeaders): Promise<void> {
  try {
    await answer(exchange, endpoint, headers);
  } catch (error) {
    fail(exchange, endpoint, error, headers);
  }
  // However it ended: answered, refused, or its caller gone.
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
  const params = asked.isNamed ? endpoint.documents.resolve(asked) : asked;
  const made = prepareAtOnce(params, endpoint);
  const prepared = made ?? (await prepareAtDoor(params, endpoint));
  const { plan } = prepared;
  const asEvents = plan.operation === 'subscription' ? acceptsEvents(accept) : acceptsOnlyEvents(accept);
  if (plan.operation === 'subscription' && !asEvents) throw subscriptionNeedsStream();
  // A link or an image can send a GET: it must not change anything (GraphQL over HTTP §6.2).
  if (request.method === 'GET' && plan.operation === 'mutation') throw new LatchkeyError('METHOD_NOT_ALLOWED');
  if (upload && plan.kind !== 'upstream') throw filesForOthers();
  // What the upstream answers with is between it and the caller.
  if (!as && !asEvents && plan.kind !== 'upstream') throw new LatchkeyError('NOT_ACCEPTABLE');

  const token = needsCaller(prepared) ? readBearerToken(request.rawHeaders) : undefined;
  if (token === undefined && prepared.needsToken) throw new LatchkeyError('UNAUTHENTICATED');
  const { accessTokens } = endpoint.domain;
  const claims = token === undefined ? undefined : (accessTokens.recall(token) ?? (await accessTokens.verify(token)));
  exchange.caller = enterCaller(exchange, endpoint, prepared, claims);
  prepared.assertAffordable?.(params.variables);
  if (params.hash !== undefined && !prepared.isSecret) endpoint.documents.remember(params);
  const filter = prepared.guard === undefined ? undefined : prepared.guard.check(claims?.scope);
  if (upload && filter) throw filesForFewer();
  const call = {
    exchange,
    endpoint,
    params,
    prepared,
    claims,
    token,
    filter,
    body,
    upload,
    as: as ?? anyJson,
    headers,
  };
  exchange.kind = plan.kind;
  if (asEvents) return answerWithEvents(call);
  if (plan.kind === 'own') return runOwn(call, plan);
  const learning = meter(call);
  if (learning) await learning;
  if (plan.kind === 'split') return runSplit(call, plan);
  return filter ? runFiltered(call, filter) : runUpstream(call, plan);
}

/** Cutting fields out of an operation would leave its files without a place. */
function filesForFewer(): LatchkeyError {
  const message = 'An operation with files can only ask for what you may have, and this one asks for more.';
  return new LatchkeyError('FORBIDDEN', { message });
}

/** Undefined where it has to wait until the upstream's schema is known. */
function prepareAtOnce({ query, operationName }: Params, { preparer, door }: GraphqlEndpoint): Prepared | undefined {
  const prepared = preparer.prepare(query, operationName);
  return door.isOpen || prepared.plan.kind === 'own' ? prepared : undefined;
}

/** Once more after the wait: what the schema says about the operation is known by then. */
async function prepareAtDoor(params: Params, { preparer, door }: GraphqlEndpoint): Promise<Prepared> {
  await door.wait();
  return preparer.prepare(params.query, params.operationName);
}

function subscriptionNeedsStream(): LatchkeyError {
  const message = 'A subscription needs a connection that stays open.';
  return new LatchkeyError('SUBSCRIPTION_NOT_SUPPORTED', { message });
}

function isPageRequest({ method, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && prefersHtml(headers.accept);
}

/** A sign-in never looks at a token: an expired one must not stop its owner from signing in. */
function needsCaller({ needsToken, hasCredential }: Prepared): boolean {
  return needsToken || !hasCredential;
}

function readJsonBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const { 'content-type': contentType, 'content-encoding': encoding } = request.headers;
  if (!isJsonContentType(contentType) || (encoding !== undefined && encoding !== 'identity')) {
    return Promise.reject(new LatchkeyError('UNSUPPORTED_MEDIA_TYPE'));
  }
  return readBody(request, limit);
}

/** Throws BAD_REQUEST. Bytes that are no UTF-8 would be read as one thing here and as another by who is less strict. */
function readText(body: Buffer): string {
  const text = body.toString();
  if (text.includes('\ufffd') && !isUtf8(body)) {
    throw new LatchkeyError('BAD_REQUEST', { message: 'The request body is not UTF-8.' });
  }
  return text;
}

function filesForOthers(): LatchkeyError {
  return new LatchkeyError('BAD_REQUEST', {
    message: 'Files can be sent with an operation of the API behind this endpoint alone, without a field of Latchkey.',
  });
}

function readSearch({ method, url = '' }: IncomingMessage): Params {
  if (method !== 'GET') throw new LatchkeyError('METHOD_NOT_ALLOWED');
  const start = url.indexOf('?');
  return parseSearch(start < 0 ? '' : url.slice(start + 1));
}

function fail(
  exchange: Exchange,
  { publicUrl, corsOrigins }: GraphqlEndpoint,
  thrown: unknown,
  headers: RawHeaders,
): void {
  const { request, response } = exchange;
  if (response.headersSent || response.destroyed) {
    // A caller who went away is no failure; anything else here is.
    if (!response.destroyed) note(exchange, toLatchkeyError(thrown).code, thrown);
    response.destroy();
    return;
  }
  const as = negotiate(request.headers.accept) ?? anyJson;
  const { origin } = request.headers;
  // A page that may call us may read what went wrong, too.
  const all =
    origin !== undefined && corsOrigins.includes(origin)
      ? headers.concat(corsHeaders(request, publicUrl, corsOrigins))
      : headers;
  if (thrown instanceof DocumentError) sendDocumentError(exchange, thrown, as, all);
  else {
    const error = toLatchkeyError(thrown);
    sendError(exchange, error, as, all.concat(headersOf(error, request)));
  }
}

function headersOf(error: LatchkeyError, request: IncomingMessage): RawHeaders {
  if (error.code === 'METHOD_NOT_ALLOWED') return ['allow', request.method === 'GET' ? 'POST' : 'GET, POST'];
  // The body was not read to its end: nothing after it on this connection could be told from it.
  if (error.code === 'BODY_TOO_LARGE') return ['connection', 'close'];
  if (error.code === 'INSUFFICIENT_SCOPE') return ['www-authenticate', bearerChallenge(error, true)];
  if (error.status !== 401 && error.code !== 'AMBIGUOUS_CREDENTIALS') return [];
  // Another scheme than Bearer counts as no credentials (RFC 6750 §3.1).
  const hasToken = /(?:^|\n)authori[sz]ation\nbearer\b/i.test(request.rawHeaders.join('\n'));
  return ['www-authenticate', bearerChallenge(error, hasToken)];
}
