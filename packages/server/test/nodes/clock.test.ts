import { expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { openDomain } from '../../src/main.js';
import { createTestLog } from '../harness.js';
import { openTestStore, takeTestDatabase } from '../postgres/database.js';

const hour = 3_600_000;

test('a node whose clock was two hours ahead does not take along one that starts after it', async () => {
  const { url } = await takeTestDatabase();
  const ahead = await openTestStore(url);
  await ahead.recordTime(Date.now() + 2 * hour);

  const env = { LATCHKEY_DATABASE: url, LATCHKEY_SECRET: 'a secret of the tests, long enough' };
  const { domain, close } = await openDomain(loadConfig({ env }), { log: createTestLog() });
  onTestFinished(close);
  // The database's clock may be a minute off, and no more.
  expect(Math.abs(domain.clock() - Date.now())).toBeLessThan(61_000);
});

test('a node whose clock is not that of the database says so', async () => {
  const { url } = await takeTestDatabase();
  const env = { LATCHKEY_DATABASE: url, LATCHKEY_SECRET: 'a secret of the tests, long enough' };
  const log = createTestLog();
  const { close } = await openDomain(loadConfig({ env }), { log, clock: () => Date.now() - 2 * hour });
  onTestFinished(close);
  expect(log.lines.map(({ level, message }) => `${level}: ${message}`)).toContain(
    'error: the clock is not that of the database; set both by NTP',
  );
});
