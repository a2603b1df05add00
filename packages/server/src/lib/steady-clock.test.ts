import { expect, test } from 'vitest';
import { createSteadyClock } from './steady-clock.js';

const hour = 3_600_000;
const start = Date.UTC(2030, 0, 1);

/** A clock on sources that the test moves: `pass` moves both, `jump` the wall clock alone. */
function make({ floor = 0 } = {}) {
  let wall = start;
  let elapsed = 500;
  const jumps: number[] = [];
  const clock = createSteadyClock({
    wall: () => wall,
    elapsed: () => elapsed,
    floor,
    onJumpBack: (milliseconds) => jumps.push(milliseconds),
  });
  return {
    clock,
    jumps,
    pass(milliseconds: number) {
      wall += milliseconds;
      elapsed += milliseconds;
    },
    jump(milliseconds: number) {
      wall += milliseconds;
    },
  };
}

test('it follows the clock of the system', () => {
  const { clock, pass, jumps } = make();
  expect(clock()).toBe(start);
  pass(1234);
  expect(clock()).toBe(start + 1234);
  expect(jumps).toEqual([]);
});

test('a jump ahead is believed at once', () => {
  const { clock, jump } = make();
  jump(2 * hour);
  expect(clock()).toBe(start + 2 * hour);
});

test('after a jump back it goes on from where it was at half the pace, and says so once', () => {
  const { clock, jump, pass, jumps } = make();
  pass(1000);
  clock();
  jump(-2 * hour);
  expect(clock()).toBe(start + 1000);
  pass(60_000);
  expect(clock()).toBe(start + 31_000);
  expect(jumps).toEqual([2 * hour]);
});

test('a jump back of two hours is made good after four', () => {
  const { clock, jump, pass } = make();
  jump(-2 * hour);
  clock();
  pass(4 * hour);
  expect(clock()).toBe(start + 2 * hour);
  pass(1000);
  expect(clock()).toBe(start + 2 * hour + 1000);
});

test('after a wrong jump ahead and its correction no time comes twice', () => {
  const { clock, jump, pass } = make();
  jump(2 * hour);
  const wrong = clock();
  jump(-2 * hour);
  pass(10);
  expect(clock()).toBe(wrong + 5);
});

test('when the system has caught up it is followed again, and the next jump is told anew', () => {
  const { clock, jump, pass, jumps } = make();
  jump(-hour);
  clock();
  jump(hour);
  pass(5);
  expect(clock()).toBe(start + 5);
  jump(-hour);
  clock();
  expect(jumps).toEqual([hour, hour]);
});

test('it starts no earlier than the store remembers', () => {
  const { clock, pass, jumps } = make({ floor: start + hour });
  expect(clock()).toBe(start + hour);
  pass(1000);
  expect(clock()).toBe(start + hour + 500);
  expect(jumps).toEqual([hour]);
});

test('a step of less than a second back is no jump, and yet not followed', () => {
  const { clock, jump, jumps } = make();
  jump(-900);
  expect(clock()).toBe(start);
  expect(jumps).toEqual([]);
});

test('it tells for a day that it has jumped ahead by more than an hour', () => {
  const { clock, jump, pass } = make();
  expect(clock.hasJumpedAhead()).toBe(false);
  jump(hour);
  clock();
  expect(clock.hasJumpedAhead()).toBe(false);
  jump(hour + 1);
  clock();
  expect(clock.hasJumpedAhead()).toBe(true);
  pass(24 * hour);
  expect(clock.hasJumpedAhead()).toBe(false);
});

test('a start more than a day after what the store remembers may be a jump', () => {
  expect(make({ floor: start - 24 * hour - 1 }).clock.hasJumpedAhead()).toBe(true);
  expect(make({ floor: start - 24 * hour }).clock.hasJumpedAhead()).toBe(false);
  const { clock, pass } = make({ floor: start - 48 * hour });
  pass(24 * hour);
  expect(clock.hasJumpedAhead()).toBe(false);
});
