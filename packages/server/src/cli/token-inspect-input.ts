import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from './io.js';
import { UsageError } from './usage-error.js';

/** More than any token has; reading stops here. */
const maxInputBytes = 65_536;

/**
 * The token on standard input, or what is typed or pasted on the terminal, which does not show it.
 * @throws {UsageError} when there is none
 */
export async function readToken(io: Io): Promise<string> {
  const text = io.stdin.isTTY ? await ask(io) : await read(io.stdin);
  const token = text.trim().replace(/^Bearer +/i, '');
  if (token === '') throw new UsageError('There is no token; pipe one in, as in: latchkey token inspect < token.txt');
  return token;
}

async function read(stdin: Io['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > maxInputBytes) break;
  }
  return Buffer.concat(chunks).toString();
}

async function ask({ stdin, stderr }: Io): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: true, historySize: 0 });
  stderr.write('Token (it is not shown): ');
  try {
    const { value } = await lines[Symbol.asyncIterator]().next();
    return value ?? '';
  } finally {
    stderr.write('\n');
    lines.close();
  }
}
