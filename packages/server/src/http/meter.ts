import type { Consumer } from '../domain/usage/consumer.js';
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
  const consumer = usage.consumerOf(userId);
  const learning = usage.learn(consumer);
  if (learning) return learning.then(() => charge(exchange, usage, consumer, operation));
  charge(exchange, usage, consumer, operation);
  return undefined;
}

function charge(exchange: Exchange, usage: Usage, consumer: Consumer, operation: Operation): void {
  usage.begin(consumer, operation);
  exchange.consumer = consumer;
  exchange.operation = operation;
}

/** Records how an exchange that was charged has ended. */
export function recordUsage(
  usage: Usage,
  { consumer, operation, response, code }: Exchange,
  milliseconds: number,
): void {
  if (!consumer || !operation) return;
  // An answer that was cut has not been ended by us.
  const isError = response.statusCode >= 400 || code !== 'OK' || !response.writableEnded;
  usage.record(consumer, operation, milliseconds, isError);
}
