import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { createTestClock } from '../../test/harness.js';
import { createProgress } from './progress.js';

function show(isTTY: boolean) {
  const clock = createTestClock(0);
  const output = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY });
  return { clock, progress: createProgress(output, 'Copying', clock), said: () => output.read() };
}

test('what is over within two seconds shows nothing', () => {
  const { clock, progress, said } = show(true);
  progress.update({ done: 1, total: 2 });
  clock.advance(1_999);
  progress.update({ done: 2, total: 2 });
  progress.end();
  expect(said()).toBeNull();
});

test('on a terminal a bar grows in one line, and is gone in the end', () => {
  const { clock, progress, said } = show(true);
  clock.advance(2_000);
  progress.update({ done: 1, total: 3 });
  expect(said()).toBe('\rCopying [##########....................] 33 % ');
  progress.update({ done: 2, total: 3 });
  expect(said()).toBeNull();
  clock.advance(100);
  progress.update({ done: 3, total: 3 });
  expect(said()).toBe('\rCopying [##############################] 100 % ');
  progress.end();
  expect(said()).toBe('\r\u001b[2K');
});

test('elsewhere it is a line now and then', () => {
  const { clock, progress, said } = show(false);
  clock.advance(2_000);
  progress.update({ done: 1, total: 4 });
  clock.advance(9_999);
  progress.update({ done: 2, total: 4 });
  clock.advance(1);
  progress.update({ done: 3, total: 4 });
  progress.end();
  expect(said()).toBe('Copying: 25 %\nCopying: 75 %\n');
});
