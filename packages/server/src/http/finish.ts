import type { IncomingMessage } from 'node:http';
import type { Usage } from '../domain/usage/usage.js';
import type { Log } from '../lib/log.js';
import type { Exchange } from './exchange.js';
import { recordUsage } from './meter.js';
import type { Metrics } from './metrics.js';

export interface Finish {
  readonly log: Log;
  readonly metrics: Metrics;
  readonly usage: Usage;
  sourceOf(request: IncomingMessage): string;
}

/** What is left to do when an exchange is over: count it, and tell the log. Never a header, a body or a query of the URL. */
export function createFinish({ log, metrics, usage, sourceOf }: Finish) {
  return (exchange: Exchange): void => {
    const { request, response, id, kind, code, cause, startedAt } = exchange;
    const seconds = (performance.now() - startedAt) / 1000;
    metrics.record(exchange, seconds);
    if (exchange.consumer) recordUsage(usage, exchange, seconds * 1000);
    const status = response.statusCode;
    const isFailure = status >= 500 || cause !== undefined;
    if (!isFailure && code === 'OK' && !isDebugging(log)) return;
    const fields = {
      requestId: id,
      method: request.method,
      kind,
      code,
      status,
      completed: response.writableEnded,
      source: sourceOf(request),
      milliseconds: Math.round(seconds * 1000),
      ...(cause !== undefined && { err: cause }),
    };
    if (isFailure) log.error(fields, 'request failed');
    else if (code === 'OK') log.debug(fields, 'request answered');
    else log.info(fields, 'request refused');
  };
}

/** Fields are only put together for a line that will be written. */
function isDebugging(log: Log): boolean {
  return log.level === 'debug';
}
