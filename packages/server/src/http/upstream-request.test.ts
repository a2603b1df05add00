import { expect, test } from 'vitest';
import { createDoor } from '../gateway/door.js';
import type { Upstream } from '../gateway/upstream.js';
import type { Operation } from './call.js';
import { upstreamOf } from './upstream-request.js';

test('an operation that nobody could judge goes nowhere, although the door has opened since', () => {
  const door = createDoor(false);
  const endpoint = { door, upstream: {} as Upstream };
  const operation = (isDoorOpen: boolean) => ({ isDoorOpen, endpoint }) as unknown as Operation;
  expect(() => upstreamOf(operation(door.isOpen))).toThrow(expect.objectContaining({ code: 'UPSTREAM_UNAVAILABLE' }));
  const early = operation(door.isOpen);
  door.open();
  expect(() => upstreamOf(early)).toThrow(expect.objectContaining({ code: 'UPSTREAM_UNAVAILABLE', retryAfter: 1 }));
  expect(upstreamOf(operation(door.isOpen))).toBe(endpoint.upstream);
});
