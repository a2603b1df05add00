import { other } from './counted-operation.js';
import { type MutableCounters, noUsage } from './counters.js';

/** Counters by a label of which so many are told apart; all beyond are one. */
export interface Series {
  /** The counters of the label: its own, or those of the rest where there is no room or `mayAdd` is false. */
  of(label: string, mayAdd: boolean): MutableCounters;
  has(label: string): boolean;
  readonly rest: MutableCounters;
  entries(): Iterable<readonly [label: string, counters: MutableCounters]>;
}

/** `limit` is the most labels besides the rest: each is a series for ever in whatever collects the metrics. */
export function createSeries(limit: number): Series {
  const rest = noUsage();
  const known = new Map<string, MutableCounters>();
  return {
    rest,
    has: (label) => known.has(label),
    of(label, mayAdd) {
      const found = known.get(label);
      if (found) return found;
      if (!mayAdd || known.size >= limit || label === other) return rest;
      const counters = noUsage();
      known.set(label, counters);
      return counters;
    },
    *entries() {
      yield* known;
      if (rest.requests > 0 || rest.fields > 0) yield [other, rest];
    },
  };
}
