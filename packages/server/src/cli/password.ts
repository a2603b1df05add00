import { randomBytes } from 'node:crypto';
import type { Invocation, Option } from './command.js';
import type { Io } from './io.js';
import { askSilently, readInput } from './read-input.js';
import { UsageError } from './usage-error.js';

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
  const { bytes, isCut } = await readInput(stdin);
  if (isCut) throw new UsageError('Standard input is longer than any password; send the password alone.');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
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
export async function askPassword(io: Io): Promise<string> {
  if (!io.stdin.isTTY) {
    throw new UsageError('There is no terminal to ask on; pipe the password in with --password-stdin.');
  }
  return askSilently(io, async (ask) => {
    const password = await ask('Password: ');
    const again = password === undefined ? undefined : await ask('The same again: ');
    if (password === undefined || again === undefined) throw new Error('No password was given; nothing was changed.');
    if (password !== again) throw new Error('The two passwords differ; nothing was changed.');
    return password;
  });
}
