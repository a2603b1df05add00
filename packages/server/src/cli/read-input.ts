import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Io } from './io.js';

/** More bytes than any password or token has; reading stops here. */
const maxInputBytes = 65_536;

/** Standard input, as far as a password or a token can go; `isCut` where it is longer. */
export async function readInput(stdin: Io['stdin']): Promise<{ readonly bytes: Buffer; readonly isCut: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.length;
    if (size > maxInputBytes) break;
  }
  return { bytes: Buffer.concat(chunks), isCut: size > maxInputBytes };
}

/** Asks on the terminal, and gets the line that is typed or pasted; undefined where the person gives up. */
export type Ask = (question: string) => Promise<string | undefined>;

/** Lends `use` a way to ask on the terminal, which shows nothing of what is typed, and returns what it does. */
export async function askSilently<T>({ stdin, stderr }: Io, use: (ask: Ask) => Promise<T>): Promise<T> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: true, historySize: 0 });
  // The iterator keeps what is typed or pasted before it is asked for.
  const answers = lines[Symbol.asyncIterator]();
  try {
    return await use(async (question) => {
      stderr.write(question);
      const { value, done } = await answers.next();
      stderr.write('\n');
      // Ctrl+C and Ctrl+D close the interface.
      return done ? undefined : value;
    });
  } finally {
    lines.close();
  }
}
