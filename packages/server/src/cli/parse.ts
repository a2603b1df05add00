import { parseArgs } from 'node:util';
import { comesFrom } from '../config/describe.js';
import { flagName, nameIn } from '../config/names.js';
import { listSettings, settings } from '../config/schema.js';
import { nearest } from '../lib/nearest.js';
import type { Command, Flags } from './command.js';
import { UsageError } from './usage-error.js';

/** Flags that every command has. */
export const commonOptions = { help: { about: 'Show this help.' } } as const;

/**
 * Reads what stands behind the name of a command.
 * @throws {UsageError} on anything that the command does not take
 */
export function parseCommandLine(command: Command, argv: readonly string[]): { args: string[]; flags: Flags } {
  const types = flagTypes(command);
  const options = Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { type }]));
  // Not strict: its errors name no flag that was meant, and repeat values, which may be passwords.
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags: Record<string, string | true> = {};
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const type = types[token.name];
    if (type === undefined) throw unknownFlag(command, token.rawName, Object.keys(types));
    if (Object.hasOwn(flags, token.name)) throw new UsageError(`${token.rawName} is given twice; give it once.`);
    flags[token.name] = type === 'string' ? textOf(token) : nothingOf(token);
  }
  const args = tokens.flatMap((token) => (token.kind === 'positional' ? [token.value] : []));
  refuseWrongArgs(command, args.length);
  return { args, flags };
}

function flagTypes(command: Command): Readonly<Record<string, 'string' | 'boolean'>> {
  const own = Object.entries({ ...commonOptions, ...command.options });
  return Object.fromEntries([
    ...own.map(([name, option]) => [name, 'placeholder' in option ? 'string' : 'boolean'] as const),
    ...command.settings
      .filter((key) => comesFrom(settings[key], 'flag'))
      .map((key) => [flagName(key), 'string'] as const),
  ]);
}

interface OptionToken {
  readonly rawName: string;
  readonly value?: string | undefined;
  readonly inlineValue?: boolean | undefined;
}

function textOf({ rawName, value, inlineValue }: OptionToken): string {
  if (value === undefined || (value.startsWith('-') && !inlineValue)) {
    throw new UsageError(`${rawName} needs a value: write ${rawName} VALUE, or ${rawName}=VALUE.`);
  }
  return value;
}

function nothingOf({ rawName, value }: OptionToken): true {
  if (value !== undefined) throw new UsageError(`${rawName} takes no value: write ${rawName} alone.`);
  return true;
}

function unknownFlag(command: Command, rawName: string, known: readonly string[]): UsageError {
  const name = rawName.replace(/^-+/, '');
  const elsewhere = listSettings().find(({ key, setting }) => flagName(key) === name && !comesFrom(setting, 'flag'));
  if (elsewhere) {
    const place = nameIn(comesFrom(elsewhere.setting, 'env') ? 'env' : 'file', elsewhere.key);
    return new UsageError(`${rawName} is no flag: ${elsewhere.key} is set with ${place}.`);
  }
  const meant = nearest(name, known);
  return new UsageError(
    `"latchkey ${command.name}" has no flag ${rawName}.${meant ? ` Did you mean --${meant}?` : ''} See latchkey ${command.name} --help.`,
  );
}

/** Does not repeat what is too much: it may be a password. */
function refuseWrongArgs({ name, args }: Command, count: number): void {
  const required = args.filter((arg) => !arg.startsWith('[')).length;
  if (required <= count && count <= args.length) return;
  const usage = ['latchkey', name, ...args].join(' ');
  throw new UsageError(
    `"latchkey ${name}" takes ${args.join(', ') || 'no argument'}, and ${count} were given: ${usage}`,
  );
}
