import type { LatchkeyError } from '../domain/errors.js';
import type { Answer } from '../gateway/merge.js';
import type { OwnPlan } from '../gateway/plan.js';
import type { Context } from '../graphql/context.js';
import { executeOwn, type OwnResult } from '../graphql/execute.js';
import { formatError, toLatchkeyError } from '../graphql/format-error.js';
import type { Call, Operation } from './call.js';
import { bearerChallenge } from './credentials.js';
import { note, sendJson, withRetryAfter } from './send.js';

/** Runs an operation of ours, and answers. */
export async function runOwn(call: Call, plan: OwnPlan): Promise<void> {
  const { exchange, as, headers } = call;
  const { json, worst, hasData } = await answerOwn(call, plan);
  if (!worst) return sendJson(exchange, 200, as.mediaType, json, headers);
  // Served, unless what failed left nothing and says itself that it is no answer.
  const status = hasData ? 200 : worst.status;
  const challenge = status === 401 ? ['www-authenticate', bearerChallenge(worst, true)] : [];
  sendJson(exchange, status, as.mediaType, json, withRetryAfter(headers, worst).concat(challenge));
}

export interface OwnAnswer {
  readonly json: string;
  /** The error that decides about the status, if there is one. */
  readonly worst?: LatchkeyError;
  readonly hasData: boolean;
}

/** Runs an operation of ours. Rejects with DocumentError or DOCUMENT_TOO_COMPLEX if it does not fit the schema. */
export async function answerOwn(operation: Operation, plan: OwnPlan): Promise<OwnAnswer> {
  const { endpoint, prepared, params, claims } = operation;
  const schema = endpoint.schemas.viewFor(claims?.scope);
  const remembered = prepared.introspections?.get(schema);
  if (remembered !== undefined) return { json: remembered, hasData: true };
  prepared.validateOwn(schema);
  const result = await executeOwn(plan, schema, params.variables, contextOf(operation));
  if (!result.errors) {
    const json = JSON.stringify(result);
    prepared.introspections?.set(schema, json);
    return { json, hasData: true };
  }
  const { answer, worst } = formatResult(result, operation);
  return { json: JSON.stringify(answer), worst, hasData: result.data !== null };
}

/** What the resolvers of a call have at hand. */
export function contextOf({ endpoint, exchange, claims }: Operation): Context {
  const { request } = exchange;
  return {
    domain: endpoint.domain,
    claims,
    origin: () => ({ source: endpoint.sourceOf(request), userAgent: request.headers['user-agent'] ?? '' }),
  };
}

/** A result with errors as the caller gets it, and the error that decides about the status. */
export function formatResult(result: OwnResult, { exchange }: Operation): { answer: Answer; worst: LatchkeyError } {
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
