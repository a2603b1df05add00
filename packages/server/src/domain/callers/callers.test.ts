import { describe, expect, test } from 'vitest';
import { createCallers } from './callers.js';

const limits = { callerRate: 10, callerBurst: 3, callerConcurrency: 100 };
const code = (name: string) => expect.objectContaining({ code: name });

/** Lets `count` requests in that are over at once. */
function send(callers: ReturnType<typeof createCallers>, count: number, now: number, key = 'ada') {
  for (let i = 0; i < count; i++) callers.enter(key, now).leave();
}

describe('the rate of a caller', () => {
  test('is a burst, and then so many a second', () => {
    const callers = createCallers(limits);
    send(callers, 3, 0);
    expect(() => send(callers, 1, 0)).toThrow(code('RATE_LIMITED'));
    expect(() => send(callers, 1, 99)).toThrow(code('RATE_LIMITED'));
    send(callers, 1, 100);
    expect(() => send(callers, 1, 150)).toThrow(code('RATE_LIMITED'));
    send(callers, 1, 200);
  });

  test('saves no more than a burst up', () => {
    const callers = createCallers(limits);
    send(callers, 3, 0);
    send(callers, 3, 1e9);
    expect(() => send(callers, 1, 1e9)).toThrow(code('RATE_LIMITED'));
  });

  test('tells when to come again', () => {
    const callers = createCallers({ ...limits, callerRate: 1 });
    send(callers, 3, 0);
    expect(() => send(callers, 1, 0)).toThrow(expect.objectContaining({ retryAfter: 1, status: 429 }));
    expect(() => send(callers, 1, 0)).toThrow('You have sent more than 3 requests, and more than 1 per second.');
  });

  test('is not spent by what is refused', () => {
    const callers = createCallers(limits);
    send(callers, 3, 0);
    for (let i = 0; i < 1_000; i++) expect(() => send(callers, 1, 50)).toThrow();
    send(callers, 1, 100);
  });

  test('is not given again by a request that began before', () => {
    const callers = createCallers(limits);
    send(callers, 3, 1_000);
    expect(() => send(callers, 1, 0)).toThrow(code('RATE_LIMITED'));
    expect(() => send(callers, 1, 1_050)).toThrow(code('RATE_LIMITED'));
  });

  test('is each caller’s own', () => {
    const callers = createCallers(limits);
    send(callers, 3, 0);
    send(callers, 3, 0, 'bob');
  });
});

describe('what a caller has in work', () => {
  const few = { callerRate: 1_000, callerBurst: 1_000, callerConcurrency: 2 };

  test('is so much at once, until something is done', () => {
    const callers = createCallers(few);
    const first = callers.enter('ada', 0);
    callers.enter('ada', 0);
    expect(() => callers.enter('ada', 0)).toThrow(code('TOO_MANY_AT_ONCE'));
    expect(() => callers.enter('ada', 0)).toThrow(expect.objectContaining({ retryAfter: 1, status: 429 }));
    callers.enter('bob', 0);
    first.leave();
    callers.enter('ada', 0);
    expect(() => callers.enter('ada', 0)).toThrow('2 of your requests are in work at this moment');
  });
});

describe('the memory of callers', () => {
  test('forgets who is new again', () => {
    const callers = createCallers(limits);
    for (let i = 0; i < 100_000; i++) send(callers, 1, i, `address ${i}`);
    expect(callers.size).toBeLessThan(3_000);
  });

  test('forgets nobody who is in work or in debt', () => {
    const callers = createCallers({ ...limits, callerConcurrency: 1 });
    callers.enter('at work', 0);
    send(callers, 3, 0, 'in debt');
    for (let i = 0; i < 10_000; i++) send(callers, 1, 10 + i / 1_000, `address ${i}`);
    expect(() => send(callers, 1, 20, 'in debt')).toThrow(code('RATE_LIMITED'));
    expect(() => send(callers, 1, 1e6, 'at work')).toThrow(code('TOO_MANY_AT_ONCE'));
    for (let i = 0; i < 10_000; i++) send(callers, 1, 1e6 + i, `again ${i}`);
    expect(() => send(callers, 1, 1e7, 'at work')).toThrow(code('TOO_MANY_AT_ONCE'));
  });

  test('is bounded, and a flood of addresses shares what is left of it', () => {
    const callers = createCallers({ callerRate: 1, callerBurst: 5, callerConcurrency: 100 });
    const started = performance.now();
    const outcomes = { in: 0, refused: 0 };
    for (let i = 0; i < 150_000; i++) {
      try {
        send(callers, 1, 0, `address ${i}`);
        outcomes.in++;
      } catch {
        outcomes.refused++;
      }
    }
    expect(callers.size).toBe(100_000);
    expect(outcomes).toEqual({ in: 100_005, refused: 49_995 });
    expect(performance.now() - started).toBeLessThan(5_000);
    // A second later each of them has paid its debt, and others may come.
    send(callers, 1, 2_000, 'somebody new');
    expect(callers.size).toBe(1);
  });
});
