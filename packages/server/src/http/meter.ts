import type { ServerResponse } from 'node:http';
import type { Consumer } from '../domain/usage/consumer.js';
import type { CountedOperation } from '../domain/usage/counted-operation.js';
import type { Usage } from '../domain/usage/usage.js';
import type { Operation } from './call.js';
import type { Attempt } from './exchange.js';

/**
 * Charges the user for an operation that is about to be sent to the upstream, at once, or where the promise that comes
 * back resolves. Throws, or rejects with, QUOTA_EXCEEDED.
 */
export function meter({ exchange, endpoint, claims, prepared }: Operation): Promise<void> | undefined {
  // What nobody is charged for: callers without a token, and operations of ours.
  if (!claims || prepared.plan.kind === 'own') return undefined;
  const { usage } = endpoint.domain;
  const { operation } = prepared;
  const consumer = usage.consumerOf(claims.userId);
  const learning = usage.learn(consumer);
  if (learning) return learning.then(() => charge(exchange, usage, consumer, operation));
  charge(exchange, usage, consumer, operation);
  return undefined;
}

function charge(exchange: Attempt, usage: Usage, consumer: Consumer, operation: CountedOperation): void {
  usage.begin(consumer, operation);
  exchange.consumer = consumer;
  exchange.operation = operation;
}

/** Records how an operation that was charged has ended. Without a response of its own it was carried by a WebSocket. */
export function recordUsage(
  usage: Usage,
  { consumer, operation, code }: Attempt,
  response: ServerResponse | undefined,
  milliseconds: number,
): void {
  if (!consumer || !operation) return;
  // An answer that was cut has not been ended by us.
  const isBroken = response && (response.statusCode >= 400 || !response.writableEnded);
  usage.record(consumer, operation, milliseconds, isBroken || code !== 'OK');
}
