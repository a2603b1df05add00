import type { Operation } from '../call.js';

/** What was decided about an operation that runs on a WebSocket or an event stream. */
export interface Admission {
  /** What the caller gets of an answer: JSON in, JSON out. Called for each event of a subscription, and for the one answer of anything else. */
  event(json: string): string;
  /** Called once, when no more comes. */
  done(): void;
}

/**
 * Decides whether an operation may run, before anything of it does, and what becomes of its answers: the one place where
 * access and metering meet what comes over WebSockets and event streams. The caller's rate and the cost of the document
 * have been looked at before, as with any request. Throws what the caller is to be told.
 */
export function admit({ exchange, endpoint, prepared }: Operation): Admission {
  const isSubscription = prepared.plan.operation === 'subscription';
  if (isSubscription) {
    // It is in work only while something happens; how many may run at all is counted where connections are.
    exchange.caller?.leave();
    exchange.caller = undefined;
  }
  return {
    event(json) {
      // The subscription was one request; what its events hold is counted as it comes.
      if (isSubscription && exchange.consumer) endpoint.domain.usage.recordEvent(exchange.consumer, prepared.operation);
      return json;
    },
    done: () => undefined,
  };
}
