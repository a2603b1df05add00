import { expect, test } from 'vitest';
import { nearest } from './nearest.js';

const commands = ['serve', 'demo', 'user'];

test('a mistyped word finds the one that was meant', () => {
  expect(nearest('sreve', commands)).toBe('serve');
  expect(nearest('DEMO', commands)).toBe('demo');
  expect(nearest('upstreamTimeuot', ['upstream', 'upstreamTimeout'])).toBe('upstreamTimeout');
});

test('a word that is near to none finds none', () => {
  expect(nearest('fly-to-the-moon', commands)).toBeUndefined();
  expect(nearest('ab', ['xy'])).toBeUndefined();
  expect(nearest('serve', [])).toBeUndefined();
});
