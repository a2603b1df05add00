import type { IncomingMessage } from 'node:http';
import { type ErrorCode, errors } from '../domain/errors.js';
import type { Usage } from '../domain/usage/usage.js';
import type { Log } from '../lib/log.js';
import type { Attempt, Exchange } from './exchange.js';
import { recordUsage } from './meter.js';
import type { Metrics } from './metrics.js';

export interface Finish {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly usage: Usage;
  sourceOf(request: IncomingMessage): string;
}

/** What is left to do when an operation is over: count it, and tell the log. Never a header, a body or a query of the URL. */
export function createFinish({ log, metrics, usage, sourceOf }: Finish) {
  // Fields are only put together for a line that will be written.
  const isDebugging = log.level === 'debug';
  return (attempt: Attempt | Exchange): void => {
    const { request, id, kind, code, cause, startedAt } = attempt;
    // An operation on a WebSocket has no response of its own.
    const response = 'response' in attempt ? attempt.response : undefined;
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.record(attempt, seconds);
    if (attempt.consumer) recordUsage(usage, attempt, response, seconds * 1000);
    const status = response?.statusCode ?? statusOf(code);
    const isFailure = status >= 500 || cause !== undefined;
    if (!isFailure && code === 'OK' && kind !== 'stream' && !isDebugging) return;
    const fields = {
      requestId: id,
      method: request.method,
      kind,
      code,
      status,
      ...(response && { completed: response.writableEnded }),
      source: sourceOf(request),
      milliseconds: Math.round(seconds * 1000),
      ...(cause !== undefined && { err: cause }),
    };
    if (kind === 'stream') log[isFailure ? 'error' : 'info'](fields, 'stream ended');
    else if (isFailure) log.error(fields, 'request failed');
    else if (code === 'OK') log.debug(fields, 'request answered');
    else log.info(fields, 'request refused');
  };
}

function statusOf(code: ErrorCode | 'OK'): number {
  return code === 'OK' ? 200 : errors[code].status;
}
