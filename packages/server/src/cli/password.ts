import { randomBytes } from 'node:crypto';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Invocation, Option } from './command.js';
import type { Io } from './io.js';
import { UsageError } from './usage-error.js';

/** More than any password may have; reading stops here. */
const maxInputBytes = 65_536;

/** Where a password comes from; with neither of them it is asked for on the terminal. */
export const passwordOptions = {
  'password-stdin': { about: 'Read the password from standard input: one line.' },
  generate: { about: 'Make a random password and print it, once.' },
} as const satisfies Readonly<Record<string, Option>>;

/**
 * The password from where the flags say.
 * @throws {UsageError} when they say two things, or there is no password
 */
export function passwordFrom({ flags, io }: Pick<Invocation, 'flags' | 'io'>): string | Promise<string> {
  if (flags.generate && flags['password-stdin']) {
    throw new UsageError('--generate and --password-stdin exclude each other; give one of them.');
  }
  if (flags.generate) return generatePassword();
  return flags['password-stdin'] ? readPassword(io) : askPassword(io);
}

/** The line that shows a password that was made here; nothing for one that a person knows already. */
export function shownOnce(password: string | undefined): string {
  return password === undefined ? '' : `Password, shown this once: ${password}\n`;
}

// 32 signs, so that each random byte gives one of equal chance; none of them is taken for another.
const alphabet = 'abcdefghijkmnpqrstuvwxyz23456789';

/** 24 signs, 120 random bits, nothing that a shell, a URL or JSON would want escaped. */
export function generatePassword(): string {
  return Array.from(randomBytes(24), (byte) => alphabet[byte % alphabet.length]).join('');
}

/**
 * The one line on standard input, without its line end.
 * @throws {UsageError} when there is none, more than one, or no UTF-8
 */
export async function readPassword({ stdin }: Io): Promise<string> {
  if (stdin.isTTY) throw new UsageError('Pipe the password in, or leave --password-stdin out to be asked for it.');
  const [password = '', ...rest] = (await readText(stdin)).split('\n');
  if (rest.join('\n') !== '') throw new UsageError('Standard input has more than one line; send the password alone.');
  const line = password.replace(/\r$/, '');
  if (line === '') throw new UsageError('Standard input is empty; pipe the password in.');
  return line;
}

async function readText(stdin: Io['stdin']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    size += chunk.length;
    if (size > maxInputBytes)
      throw new UsageError('Standard input is longer than any password; send the password alone.');
    chunks.push(Buffer.from(chunk));
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    // A replaced character would make a password that nobody can type.
    throw new UsageError('The password on standard input is not UTF-8; send it in that encoding.');
  }
}

/**
 * Asks twice on the terminal, showing nothing of what is typed.
 * @throws {UsageError} when there is no terminal
 * @throws {Error} when the two differ or the person gives up
 */
export async function askPassword({ stdin, stderr }: Io): Promise<string> {
  if (!stdin.isTTY) throw new UsageError('There is no terminal to ask on; pipe the password in with --password-stdin.');
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: silent, terminal: true, historySize: 0 });
  // The iterator keeps what is typed or pasted before it is asked for.
  const answers = lines[Symbol.asyncIterator]();
  const ask = async (question: string) => {
    stderr.write(question);
    const { value, done } = await answers.next();
    stderr.write('\n');
    // Ctrl+C and Ctrl+D close the interface.
    if (done) throw new Error('No password was given; nothing was changed.');
    return value;
  };
  try {
    const password = await ask('Password: ');
    if (password !== (await ask('The same again: '))) throw new Error('The two passwords differ; nothing was changed.');
    return password;
  } finally {
    lines.close();
  }
}
