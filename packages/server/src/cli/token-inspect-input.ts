import type { Io } from './io.js';
import { askSilently, readInput } from './read-input.js';
import { UsageError } from './usage-error.js';

/**
 * The token on standard input, or what is typed or pasted on the terminal, which does not show it.
 * @throws {UsageError} when there is none
 */
export async function readToken(io: Io): Promise<string> {
  const text = io.stdin.isTTY ? await askSilently(io, (ask) => ask('Token (it is not shown): ')) : await readPiped(io);
  const token = (text ?? '').trim().replace(/^Bearer +/i, '');
  if (token === '') throw new UsageError('There is no token; pipe one in, as in: latchkey token inspect < token.txt');
  return token;
}

/** What is too long is cut: it is no token of ours either way. */
async function readPiped({ stdin }: Io): Promise<string> {
  return (await readInput(stdin)).bytes.toString();
}
