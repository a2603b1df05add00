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
  /** The one to count for: another, where this one was forgotten while a long answer was under way. */
  living(held: Consumer): Consumer;
  /** Forgets, now and then, who has not come for long, and the operations of hours that are over. */
  sweep(now: number): void;
}

/** `create` makes a consumer of a user's id. */
export function createConsumers(create: (userId: string) => Consumer, pending: Pending): Consumers {
  const known = new Map<string, Consumer>();
  let sweptAt = Number.NEGATIVE_INFINITY;

  function add(userId: string): Consumer {
    if (known.size >= maxConsumers) {
      const [oldest] = known.values();
      if (oldest) drop(oldest);
    }
    const consumer = create(userId);
    known.set(userId, consumer);
    return consumer;
  }

  function drop(consumer: Consumer): void {
    pending.forget(consumer);
    known.delete(consumer.userId);
    consumer.isForgotten = true;
  }

  const of = (userId: string) => known.get(userId) ?? add(userId);

  return {
    of,
    living: (held) => (held.isForgotten ? of(held.userId) : held),
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
