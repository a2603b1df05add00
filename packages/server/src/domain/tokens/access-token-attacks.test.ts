import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Attacker, createAttacker, forgeries } from '../../../test/forgeries.js';
import { touchedBy } from '../../../test/outside.js';
import { openTokens } from '../../../test/tokens.js';
import { LatchkeyError } from '../errors.js';
import { signingAlgorithms } from './algorithms.js';

describe.each(signingAlgorithms)('before a key for %s, a token is refused', (algorithm) => {
  let attacker: Attacker;
  beforeAll(async () => {
    const ends: (() => unknown)[] = [];
    attacker = await createAttacker(await openTokens(algorithm, (end) => void ends.push(end as () => unknown)));
    return async () => {
      for (const end of ends) await end();
    };
  });

  test.each(Object.entries(forgeries))('%s', async (_, forge) => {
    const { tokens } = attacker.opened;
    const forged = await forge(attacker);
    expect(forged.length).toBeGreaterThan(0);
    const taken: unknown[] = [];
    const touched = await touchedBy(() =>
      Promise.all(
        forged.map(async (token) => {
          const outcome = await tokens.verify(token).catch((error: unknown) => error);
          if (!(outcome instanceof LatchkeyError && outcome.code === 'UNAUTHENTICATED')) taken.push({ token, outcome });
          if (tokens.recall(token)) taken.push({ token });
        }),
      ),
    );
    expect(taken).toEqual([]);
    expect(touched).toEqual([]);
    // The key still knows its own.
    await expect(tokens.verify(attacker.token)).resolves.toBeDefined();
  });
});

test('a look outside of the process would have been seen', async () => {
  const { pathname } = new URL(import.meta.url);
  expect(await touchedBy(() => readFileSync(pathname))).toContain('readFileSync');
  // FSREQPROMISE on Node 20, FSREQCALLBACK on Node 26.
  expect((await touchedBy(() => readFile(pathname))).join()).toMatch(/^FSREQ/);
  expect(await touchedBy(() => once(connect(9, '127.0.0.1'), 'close').catch(() => undefined))).toContain('TCPWRAP');
});
