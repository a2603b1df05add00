import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { ConfigError } from '../config/error.js';
import { LatchkeyError } from '../domain/errors.js';
import { describeFailure } from './failure.js';
import { UsageError } from './usage-error.js';

test('wrong usage and bad settings end with 2, everything else with 1', () => {
  const failures = [new UsageError('a'), new ConfigError('b'), new LatchkeyError('USER_EXISTS'), new Error('d'), 'e'];
  expect(failures.map((failure) => describeFailure(failure).exitCode)).toEqual([2, 2, 1, 1, 1]);
});

test('an error of the catalogue says what to do next', () => {
  expect(describeFailure(new LatchkeyError('USER_EXISTS')).line).toBe(
    'latchkey: There is a user with this email address. Use another address; "latchkey user list" shows the ones in use.',
  );
});

test('a message of several lines becomes one', () => {
  expect(describeFailure(new Error('one\n  two')).line).toBe('latchkey: one two');
});

test('a port that is taken is named with the flag for another', async () => {
  const listen = (port: number) =>
    new Promise<{ port: number; close(): void }>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        if (typeof address === 'object' && address) resolve({ port: address.port, close: () => server.close() });
      });
    });
  const first = await listen(0);
  const failure = await listen(first.port).catch((error: unknown) => error);
  expect(describeFailure(failure).line).toBe(
    `latchkey: Port ${first.port} is taken; stop the program that has it, or give another with --port.`,
  );
  first.close();
});
