import { isNonNullType } from 'graphql';
import { LatchkeyError } from '../domain/errors.js';
import { askUpstream, type Question } from '../gateway/ask.js';
import { forward } from '../gateway/forward.js';
import { type RawHeaders, requestHeaders } from '../gateway/headers.js';
import { type Answer, mergeAnswers } from '../gateway/merge.js';
import type { OwnPlan, SplitPlan, UpstreamPart, UpstreamPlan } from '../gateway/plan.js';
import type { Upstream } from '../gateway/upstream.js';
import type { Context } from '../graphql/context.js';
import { executeOwn, type OwnResult } from '../graphql/execute.js';
import { formatError, toLatchkeyError } from '../graphql/format-error.js';
import type { Params } from '../graphql/params.js';
import type { Call } from './call.js';
import { bearerChallenge } from './credentials.js';
import { note, sendAnswer, sendJson, withRetryAfter } from './send.js';

/** Runs an operation of ours, and answers. */
export async function runOwn(call: Call, plan: OwnPlan): Promise<void> {
  const { exchange, endpoint, prepared, params, claims, as, headers } = call;
  const schema = claims ? endpoint.schemas.current.authenticated : endpoint.schemas.current.anonymous;
  const remembered = prepared.introspections?.get(schema);
  if (remembered !== undefined) return sendJson(exchange, 200, as.mediaType, remembered, headers);
  prepared.validateOwn(schema);
  const result = await executeOwn(plan, schema, params.variables, contextOf(call));
  if (!result.errors) {
    const json = JSON.stringify(result);
    prepared.introspections?.set(schema, json);
    return sendJson(exchange, 200, as.mediaType, json, headers);
  }
  const { answer, worst } = formatResult(result, call);
  // Served, unless what failed left nothing and says itself that it is no answer.
  const status = result.data === null ? worst.status : 200;
  const challenge = status === 401 ? ['www-authenticate', bearerChallenge(worst, true)] : [];
  sendAnswer(exchange, status, answer, as, withRetryAfter(headers, worst).concat(challenge));
}

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

/** Runs our part, asks the upstream for its part at the same time, and answers with both as one. */
export async function runSplit(call: Call, plan: SplitPlan): Promise<void> {
  const { exchange, endpoint, prepared, params, as, headers } = call;
  const upstream = upstreamOf(call);
  const schema = endpoint.schemas.current.authenticated;
  prepared.validateOwn(schema);
  const asked = askUpstream(upstream, questionOf(plan.upstream, params), upstreamHeaders(call, aboutBody));
  const [result, theirs] = await Promise.all([
    executeOwn(plan, schema, params.variables, contextOf(call)),
    asked.catch((error: unknown) => upstreamFailure(call, plan, error)),
  ]);
  const ours = result.errors ? formatResult(result, call).answer : (result as Answer);
  // Without a data entry the upstream has run nothing: the whole operation is one that cannot be run.
  if (theirs.data === undefined) return sendAnswer(exchange, as.isLegacy ? 200 : 400, theirs, as, headers);
  sendAnswer(exchange, 200, mergeAnswers(plan, ours, theirs), as, headers);
}

/** Only the variables that the upstream's part uses: what belongs to ours never leaves. */
function questionOf({ query, variables }: UpstreamPart, { variables: given, operationName }: Params): Question {
  const used = variables.filter((name) => given && Object.hasOwn(given, name));
  return { query, operationName, variables: Object.fromEntries(used.map((name) => [name, given?.[name]])) };
}

/** The upstream's half of an answer when there is none: each of its fields is null, with an error at its path. */
function upstreamFailure({ exchange, endpoint }: Call, plan: SplitPlan, thrown: unknown): Answer {
  const error = toLatchkeyError(thrown);
  note(exchange, error.code, error.cause);
  const keys = plan.fields.filter(({ owner }) => owner === 'upstream');
  const errors = keys.map(({ key }) => formatError(error, exchange.id, { path: [key] }));
  const root = endpoint.schemas.current.authenticated.getQueryType()?.getFields();
  const isNullable = keys.every(({ name }) => !isNonNullType(root?.[name]?.type));
  return { errors, data: isNullable ? Object.fromEntries(keys.map(({ key }) => [key, null])) : null };
}

function upstreamOf({ endpoint }: Call): Upstream {
  // Nothing is planned for an upstream where there is none.
  if (!endpoint.upstream) throw new LatchkeyError('UPSTREAM_UNAVAILABLE');
  return endpoint.upstream;
}

/** What says how the caller's own body was written and how it wants to be answered. */
const aboutBody: ReadonlySet<string> = new Set(['content-type', 'content-encoding', 'accept', 'accept-encoding']);

const ofBody: ReadonlySet<string> = new Set(['content-type']);

function upstreamHeaders({ exchange, endpoint, token }: Call, without?: ReadonlySet<string>): RawHeaders {
  const { request, id } = exchange;
  const headers = requestHeaders(request.rawHeaders, without);
  if (token !== undefined) headers.push('authorization', `Bearer ${token}`);
  headers.push('x-request-id', id, 'x-forwarded-for', endpoint.sourceOf(request));
  return headers;
}

function contextOf({ endpoint, exchange, claims }: Call): Context {
  const { request } = exchange;
  return {
    domain: endpoint.domain,
    claims,
    origin: () => ({ source: endpoint.sourceOf(request), userAgent: request.headers['user-agent'] ?? '' }),
  };
}

/** A result with errors as the caller gets it, and the error that decides about the status. */
function formatResult(result: OwnResult, { exchange }: Call): { answer: Answer; worst: LatchkeyError } {
  const errors = (result.errors ?? []).map((error) => ({ error, known: toLatchkeyError(error) }));
  const worst = errors.reduce((a, b) => (b.known.status > a.known.status ? b : a)).known;
  note(exchange, worst.code, worst.cause);
  const format = ({ error, known }: (typeof errors)[number]) =>
    formatError(known, exchange.id, {
      ...(error.locations && { locations: error.locations }),
      ...(error.path && { path: error.path }),
    });
  return { answer: { errors: errors.map(format), data: (result.data as Answer['data']) ?? null }, worst };
}
