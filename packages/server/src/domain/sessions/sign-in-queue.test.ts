import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { openTestDomain, openTestSession, origin } from '../../../test/domain.js';
import { password } from '../../../test/harness.js';
import type { Domain } from '../domain.js';
import { LatchkeyError } from '../errors.js';
import { signIn } from './sign-in.js';

const wrong = (domain: Domain) =>
  signIn(domain, { userName: 'nobody@example.com', password }, origin).catch((error: unknown) => error);

/** More sign-ins at once than run and wait, and their refusals. */
function flood(domain: Domain, waiting: number) {
  return Promise.all(Array.from({ length: waiting + 2 * availableParallelism() + 10 }, () => wrong(domain)));
}

const isOverloaded = (error: unknown) => error instanceof LatchkeyError && error.code === 'OVERLOADED';

test('when the queue is full a sign-in is told at once when to come again, and later ones are served', async () => {
  const { domain, addUser } = await openTestDomain({ hashQueue: 4 });
  const { userName } = await addUser();
  let answered = 0;
  const flooded = flood(domain, 4).finally(() => {
    answered++;
  });
  const early = await wrong(domain);
  expect(isOverloaded(early)).toBe(true);
  expect(answered).toBe(0);
  expect(domain.passwordHashes.waiting).toBe(4);

  const refused = (await flooded).filter(isOverloaded) as LatchkeyError[];
  expect(refused.length).toBeGreaterThanOrEqual(10);
  for (const { status, retryAfter } of refused) {
    expect(status).toBe(503);
    expect(retryAfter).toBeGreaterThanOrEqual(1);
    expect(Number.isInteger(retryAfter)).toBe(true);
  }
  expect(domain.passwordHashes.waiting).toBe(0);
  await expect(signIn(domain, { userName, password }, origin)).resolves.toBeDefined();
});

test('refreshes go on while the queue is full', async () => {
  const { domain, first, refresh } = await openTestSession({ hashQueue: 64 });
  const flooded = flood(domain, 64);
  let { refreshToken } = first;
  for (let i = 0; i < 10; i++) ({ refreshToken } = await refresh(refreshToken));
  expect(domain.passwordHashes.waiting).toBeGreaterThan(0);
  await flooded;
});
