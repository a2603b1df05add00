import { expect, test } from 'vitest';
import { isAnswer } from './answer-shape.js';

test.each([
  { data: null },
  { data: {} },
  { errors: [{ message: 'no' }] },
  { data: { a: 1 }, errors: null, extensions: null },
  { data: {}, errors: [{ message: 'no', path: ['a'] }], extensions: {}, more: 1 },
])('%j is an answer', (value) => {
  expect(isAnswer(value)).toBe(true);
});

test.each([
  null,
  [],
  'data',
  {},
  { extensions: {} },
  { data: [] },
  { data: 'text' },
  { data: 1 },
  { data: {}, errors: {} },
  { data: {}, errors: 'failed' },
  { data: {}, errors: [null] },
  { data: {}, errors: ['failed'] },
  { data: {}, errors: [{}] },
  { data: {}, extensions: [] },
  { data: {}, extensions: 'none' },
])('%j is none', (value) => {
  expect(isAnswer(value)).toBe(false);
});
