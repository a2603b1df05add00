import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { openTestDomain } from '../../../test/domain.js';
import { startHousekeeping } from './housekeeping.js';

const minute = 60_000;
const retention = { endedSessionRetention: 86_400_000, auditRetention: 86_400_000, usageRetention: 86_400_000 };

afterEach(() => void vi.useRealTimers());

/** Housekeeping on a real store, under timers that the test moves. */
async function keepHouse({ isClockSuspect = false } = {}) {
  const { domain, clock, log } = await openTestDomain();
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const rotateKeyIfDue = vi.fn(async () => undefined);
  const takeLease = vi.spyOn(domain.store, 'takeLease');
  const house = { store: domain.store, rotateKeyIfDue, retention, isClockSuspect: () => isClockSuspect, log };
  const housekeeping = startHousekeeping(house, clock);
  onTestFinished(() => housekeeping.stop());
  return { housekeeping, store: domain.store, clock, rotateKeyIfDue, takeLease, log };
}

test('it looks every minute whether a signing key is due, and every few minutes whether there is something to prune', async () => {
  const { rotateKeyIfDue, takeLease, log } = await keepHouse();
  vi.advanceTimersByTime(12 * minute);
  expect(rotateKeyIfDue).toHaveBeenCalledTimes(12);
  expect(takeLease).toHaveBeenCalled();
  await vi.waitFor(() => expect(log.lines.map(({ message }) => message)).toContain('pruned'));
});

test('it records the time every minute', async () => {
  const { store, clock } = await keepHouse();
  clock.advance(7 * minute);
  vi.advanceTimersByTime(minute);
  await vi.waitFor(async () => expect(await store.findLatestTime()).toBe(clock()));
});

test('what fails is logged and tried again', async () => {
  const { rotateKeyIfDue, log } = await keepHouse();
  rotateKeyIfDue.mockRejectedValueOnce(new Error('gone'));
  vi.advanceTimersByTime(minute);
  const failed = { level: 'warn', message: 'rotating the signing key failed; it is tried again' };
  await vi.waitFor(() => expect(log.lines).toContainEqual(expect.objectContaining(failed)));
  vi.advanceTimersByTime(minute);
  expect(rotateKeyIfDue).toHaveBeenCalledTimes(2);
});

test('nothing is removed while the clock cannot tell what is old', async () => {
  const { takeLease, log } = await keepHouse({ isClockSuspect: true });
  vi.advanceTimersByTime(12 * minute);
  await vi.waitFor(() => expect(log.lines.map(({ level }) => level)).toContain('warn'));
  expect(takeLease).not.toHaveBeenCalled();
});

test('after the stop nothing begins', async () => {
  const { housekeeping, rotateKeyIfDue, takeLease } = await keepHouse();
  await housekeeping.stop();
  vi.advanceTimersByTime(60 * minute);
  expect(rotateKeyIfDue).not.toHaveBeenCalled();
  expect(takeLease).not.toHaveBeenCalled();
});
