import type { Consumer } from './consumer.js';
import type { Pending } from './pending.js';
import { hourOf } from './time.js';

/** Callers that a node remembers, and milliseconds after which one who does not come back is forgotten. */
const maxConsumers = 200_000;
const idleTime = 600_000;
const sweepInterval = 60_000;

/** The users in whose names a node counts at present. */
export interface Consumers {
  of(userId: string): Consumer;
  /** The one to count for, where this one may have been forgotten while something was under way: it is known again, or another is. */
  living(held: Consumer): Consumer;
  /** Forgets, now and then, who has not come for long, and the operations of hours that are over. */
  sweep(now: number): void;
}

/** `create` makes a consumer of a user's id. */
export function createConsumers(create: (userId: string) => Consumer, pending: Pending): Consumers {
  const known = new Map<string, Consumer>();
  let sweptAt = Number.NEGATIVE_INFINITY;

  function add(consumer: Consumer): Consumer {
    if (known.size >= maxConsumers) {
      const [oldest] = known.values();
      if (oldest) drop(oldest);
    }
    consumer.isForgotten = false;
    known.set(consumer.userId, consumer);
    return consumer;
  }

  function drop(consumer: Consumer): void {
    pending.forget(consumer);
    known.delete(consumer.userId);
    consumer.isForgotten = true;
  }

  return {
    of: (userId) => known.get(userId) ?? add(create(userId)),
    living: (held) => (held.isForgotten ? (known.get(held.userId) ?? add(held)) : held),
    sweep(now) {
      if (now - sweptAt < sweepInterval) return;
      sweptAt = now;
      for (const consumer of known.values()) {
        if (now - consumer.usedAt > idleTime) drop(consumer);
        else if (consumer.hour !== hourOf(now)) pending.forget(consumer);
      }
    },
  };
}
