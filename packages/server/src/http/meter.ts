import type { Caller } from '../domain/usage/caller.js';
import type { Operation } from '../domain/usage/operation.js';
import type { Usage } from '../domain/usage/usage.js';
import type { Exchange } from './exchange.js';

/**
 * Charges the user for an operation that is about to be sent to the upstream, at once, or where the promise that comes
 * back resolves. Throws, or rejects with, QUOTA_EXCEEDED.
 */
export function meter(
  exchange: Exchange,
  usage: Usage,
  userId: string,
  operation: Operation,
): Promise<void> | undefined {
  const caller = usage.callerOf(userId);
  const learning = usage.learn(caller);
  if (learning) return learning.then(() => charge(exchange, usage, caller, operation));
  charge(exchange, usage, caller, operation);
  return undefined;
}

function charge(exchange: Exchange, usage: Usage, caller: Caller, operation: Operation): void {
  usage.begin(caller, operation);
  exchange.charged = caller;
  exchange.operation = operation;
}

/** Records how an exchange that was charged has ended. */
export function recordUsage(usage: Usage, { charged, operation, response, code }: Exchange, milliseconds: number): void {
  if (!charged || !operation) return;
  // An answer that was cut has not been ended by us.
  const isError = response.statusCode >= 400 || code !== 'OK' || !response.writableEnded;
  usage.record(charged, operation, milliseconds, isError);
}
