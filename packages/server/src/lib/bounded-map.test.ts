import { expect, test } from 'vitest';
import { createBoundedMap } from './bounded-map.js';

const keys = (count: number) => Array.from({ length: count }, (_, i) => `key ${i}`);

test('what was set is found, and what was not is not', () => {
  const map = createBoundedMap<number>(10);
  map.set('a', 1);
  map.set('__proto__', 2);
  expect(map.get('a')).toBe(1);
  expect(map.get('__proto__')).toBe(2);
  expect(map.get('b')).toBeUndefined();
  expect(map.get('constructor')).toBeUndefined();
});

test('the last value under a key counts, whether the one before was young or old', () => {
  const map = createBoundedMap<number>(2);
  map.set('a', 1);
  map.set('a', 2);
  expect(map.get('a')).toBe(2);
  map.set('b', 0);
  map.set('c', 0);
  map.set('a', 3);
  expect(map.get('a')).toBe(3);
});

test.each([1, 2, 10, 1000])(
  'of any number of entries, at most twice the limit of %d is kept, and the last ones are',
  (limit) => {
    const map = createBoundedMap<string>(limit);
    for (const key of keys(10 * limit)) {
      map.set(key, key);
      expect(map.get(key)).toBe(key);
    }
    // The newest first: a look at an old one may push out others.
    const newestFirst = keys(10 * limit).reverse();
    const kept = newestFirst.filter((key) => map.get(key) !== undefined);
    expect(kept.length).toBeLessThanOrEqual(2 * limit);
    expect(kept.length).toBeGreaterThanOrEqual(limit);
    expect(kept).toEqual(newestFirst.slice(0, kept.length));
  },
);

test('the weights of what is kept are at most twice the limit', () => {
  const map = createBoundedMap<number>(80);
  const weights = new Map(keys(1000).map((key, i) => [key, 1 + (i % 10)]));
  for (const [key, weight] of weights) map.set(key, weight, weight);
  const kept = [...weights].reverse().filter(([key]) => map.get(key) !== undefined);
  const total = kept.reduce((sum, [, weight]) => sum + weight, 0);
  expect(total).toBeLessThanOrEqual(160);
  expect(total).toBeGreaterThan(70);
});

test('what is read again and again outlives any number of others', () => {
  const map = createBoundedMap<string>(10);
  map.set('read', 'again');
  for (const key of keys(1000)) {
    map.set(key, key);
    expect(map.get('read')).toBe('again');
  }
});

test('what outweighs an eighth of the limit is not kept, and neither is what was there under its key', () => {
  const map = createBoundedMap<string>(80);
  map.set('a', 'light', 10);
  expect(map.get('a')).toBe('light');
  map.set('a', 'heavy', 11);
  expect(map.get('a')).toBeUndefined();
});

test('setting one key again and again pushes nothing out', () => {
  const map = createBoundedMap<number>(10);
  map.set('other', 0);
  for (let i = 0; i < 1000; i++) map.set('same', i);
  expect(map.get('other')).toBe(0);
  expect(map.get('same')).toBe(999);
});

test('after it was cleared nothing is found, and all of the limit is free', () => {
  const map = createBoundedMap<string>(10);
  for (const key of keys(15)) map.set(key, key);
  map.clear();
  expect(keys(15).filter((key) => map.get(key) !== undefined)).toEqual([]);
  for (const key of keys(10)) map.set(key, key);
  expect(keys(10).filter((key) => map.get(key) !== undefined)).toHaveLength(10);
});
