import { readFileSync } from 'node:fs';
import { nearest } from '../lib/nearest.js';
import { commands } from './commands.js';
import { describeFailure, exitCodes } from './failure.js';
import { commandHelp, overviewHelp } from './help.js';
import type { Io } from './io.js';
import { parseCommandLine } from './parse.js';
import { UsageError } from './usage-error.js';

/**
 * Runs the command line.
 * @param argv what stands behind the name of the program
 * @returns the exit code: 0 done, 1 a failure while running, 2 wrong usage or a bad setting
 */
export async function run(argv: readonly string[], env: NodeJS.ProcessEnv, io: Io): Promise<number> {
  try {
    return await dispatch(argv, env, io);
  } catch (error) {
    const { line, exitCode } = describeFailure(error);
    io.stderr.write(`${line}\n`);
    return exitCode;
  }
}

async function dispatch(argv: readonly string[], env: NodeJS.ProcessEnv, io: Io): Promise<number> {
  const width = Math.min(100, Math.max(80, io.stdout.columns ?? 80));
  const command = commands.find(({ name }) => name.split(' ').every((word, index) => argv[index] === word));
  if (!command) {
    io.stdout.write(argv[0] === '--version' ? `${readVersion()}\n` : overview(argv, width));
    return exitCodes.done;
  }
  const rest = argv.slice(command.name.split(' ').length);
  if (asksForHelp(rest)) {
    io.stdout.write(commandHelp(command, width));
    return exitCodes.done;
  }
  return command.run({ ...parseCommandLine(command, rest), env, io });
}

/** Help for what no command follows: nothing, a flag, or the first word of several commands. */
function overview(argv: readonly string[], width: number): string {
  const group = commands.some(({ name }) => name.startsWith(`${argv[0]} `)) ? String(argv[0]) : '';
  const [first, ...rest] = group ? argv.slice(1) : argv;
  const members = commands.filter(({ name }) => name.startsWith(group ? `${group} ` : ''));
  if (first === undefined || asksForHelp([first])) return overviewHelp(group, members, width);
  if (first.startsWith('-')) {
    const call = ['latchkey', group].filter(Boolean).join(' ');
    throw new UsageError(
      rest.length > 0
        ? `Put the flags behind the command: ${call} COMMAND ${first} …`
        : `${call} has no flag ${first}. See ${call} --help.`,
    );
  }
  const typed = [group, first].filter(Boolean).join(' ');
  const meant = nearest(
    typed,
    members.map(({ name }) => name),
  );
  const names = members.map(({ name }) => name).join(', ');
  throw new UsageError(
    `There is no command "${typed}".${meant ? ` Did you mean "${meant}"?` : ''} There are ${names}.`,
  );
}

function asksForHelp(argv: readonly string[]): boolean {
  return argv.includes('--help') || argv.includes('-h');
}

function readVersion(): string {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version;
}
