export interface BoundedMap<V> {
  get(key: string): V | undefined;
  /** `weight` is this entry's share of the limit, 1 if not given. What outweighs an eighth of it is not kept. */
  set(key: string, value: V, weight?: number): void;
  clear(): void;
}

interface Entry<V> {
  readonly value: V;
  readonly weight: number;
}

/**
 * A cache of at most twice `limit` which forgets what was not read lately. Two generations instead of a
 * linked list: a hit in the young one costs one look-up and moves nothing.
 */
export function createBoundedMap<V>(limit: number): BoundedMap<V> {
  let young = new Map<string, Entry<V>>();
  let old = new Map<string, Entry<V>>();
  let weightOfYoung = 0;

  function add(key: string, entry: Entry<V>): void {
    if (weightOfYoung + entry.weight > limit) {
      old = young;
      young = new Map();
      weightOfYoung = 0;
    }
    young.set(key, entry);
    weightOfYoung += entry.weight;
  }

  /** Also where the new value is too heavy to keep: the one before it must not be found in its place. */
  function forget(key: string): void {
    weightOfYoung -= young.get(key)?.weight ?? 0;
    young.delete(key);
    old.delete(key);
  }

  return {
    get(key) {
      const hit = young.get(key);
      if (hit) return hit.value;
      const aged = old.get(key);
      if (!aged) return undefined;
      old.delete(key);
      add(key, aged);
      return aged.value;
    },
    set(key, value, weight = 1) {
      forget(key);
      if (weight <= Math.max(1, limit / 8)) add(key, { value, weight });
    },
    clear() {
      young = new Map();
      old = new Map();
      weightOfYoung = 0;
    },
  };
}
