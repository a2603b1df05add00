import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBreaker } from './breaker.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A breaker that opens after three failures, before an upstream that answers or not. */
function create() {
  const upstream = { isThere: true, probe: vi.fn(async () => upstream.isThere) };
  const log = { warn: vi.fn(), info: vi.fn() };
  const breaker = createBreaker({ failures: 3, pause: 5_000 }, upstream.probe, log);
  const fail = async (times: number) => {
    for (let i = 0; i < times; i++) breaker.failed();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { breaker, upstream, log, fail };
}

const refusal = expect.objectContaining({ code: 'UPSTREAM_UNAVAILABLE', retryAfter: 5 });

test('opens after so many failures in a row, if the upstream does not answer us either', async () => {
  const { breaker, upstream, log, fail } = create();
  upstream.isThere = false;
  await fail(2);
  expect(upstream.probe).not.toHaveBeenCalled();
  breaker.assertClosed();
  await fail(1);
  expect(breaker.isOpen).toBe(true);
  expect(() => breaker.assertClosed()).toThrow(refusal);
  expect(log.warn).toHaveBeenCalledOnce();
});

test('does not open where an answer came between the failures', async () => {
  const { breaker, upstream, fail } = create();
  upstream.isThere = false;
  for (let i = 0; i < 10; i++) {
    await fail(2);
    breaker.succeeded();
  }
  expect(upstream.probe).not.toHaveBeenCalled();
  expect(breaker.isOpen).toBe(false);
});

test('cannot be opened by requests that fail while the upstream answers', async () => {
  const { breaker, upstream, log, fail } = create();
  await fail(100);
  expect(breaker.isOpen).toBe(false);
  // One question for all that failed at the same time.
  expect(upstream.probe).toHaveBeenCalledOnce();
  expect(log.warn).not.toHaveBeenCalled();
});

test('asks after every pause, and closes when there is an answer', async () => {
  const { breaker, upstream, log, fail } = create();
  upstream.isThere = false;
  await fail(3);
  await vi.advanceTimersByTimeAsync(15_000);
  expect(upstream.probe).toHaveBeenCalledTimes(4);
  expect(breaker.isOpen).toBe(true);
  upstream.isThere = true;
  await vi.advanceTimersByTimeAsync(4_999);
  expect(breaker.isOpen).toBe(true);
  await vi.advanceTimersByTimeAsync(1);
  expect(breaker.isOpen).toBe(false);
  breaker.assertClosed();
  expect(log.info).toHaveBeenCalledOnce();
  expect(log.warn).toHaveBeenCalledOnce();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(upstream.probe).toHaveBeenCalledTimes(5);
});

test('opens again after it has closed', async () => {
  const { breaker, upstream, fail } = create();
  upstream.isThere = false;
  await fail(3);
  upstream.isThere = true;
  await vi.advanceTimersByTimeAsync(5_000);
  upstream.isThere = false;
  await fail(2);
  expect(breaker.isOpen).toBe(false);
  await fail(1);
  expect(breaker.isOpen).toBe(true);
});

test('asks nothing after it was stopped', async () => {
  const { breaker, upstream, fail } = create();
  upstream.isThere = false;
  await fail(3);
  breaker.stop();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(upstream.probe).toHaveBeenCalledOnce();
});
