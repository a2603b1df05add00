import { loadConfig } from '../config/load.js';
import { addUser } from '../domain/accounts/add-user.js';
import type { Command, Flags } from './command.js';
import { exitCodes } from './failure.js';
import type { Io } from './io.js';
import { askPassword, generatePassword, readPassword } from './password.js';
import { UsageError } from './usage-error.js';

export const userAdd: Command = {
  name: 'user add',
  summary: 'Add somebody who may sign in.',
  about:
    'Adds a user, also while a server runs. It asks for the password on the terminal unless a flag says where it comes ' +
    'from. A password is never an argument: other users of the machine could read it there.',
  args: ['EMAIL'],
  options: {
    'password-stdin': { about: 'Read the password from standard input: one line.' },
    generate: { about: 'Make a random password and print it, once.' },
    scope: {
      placeholder: "'A B'",
      about: 'Scope names with spaces between them: what the tokens of this user are good for.',
    },
    json: { about: 'Print one JSON object.' },
  },
  settings: ['config', 'data', 'passwordMinLength', 'passwordMaxBytes'],
  examples: [
    "latchkey user add ada@example.com --scope 'companies:read'",
    'printf %s "$PASSWORD" | latchkey user add ada@example.com --password-stdin --json',
  ],
  async run({ args: [userName = ''], flags, env, io }) {
    const config = loadConfig({ flags, env, defaults: { logLevel: 'warn' } });
    const password = await passwordFrom(flags, io);
    const { openDomain } = await import('../main.js');
    const { domain, close } = await openDomain(config);
    try {
      const user = await addUser(domain, { userName, password, scope: String(flags.scope ?? '') });
      const shown = flags.generate ? { ...user, password } : user;
      io.stdout.write(flags.json ? `${JSON.stringify(shown)}\n` : inWords(shown));
    } finally {
      await close();
    }
    return exitCodes.done;
  },
};

function passwordFrom(flags: Flags, io: Io): string | Promise<string> {
  if (flags.generate && flags['password-stdin']) {
    throw new UsageError('--generate and --password-stdin exclude each other; give one of them.');
  }
  if (flags.generate) return generatePassword();
  return flags['password-stdin'] ? readPassword(io) : askPassword(io);
}

function inWords({ userName, scope, password }: { userName: string; scope: string; password?: string }): string {
  const added = `Added ${userName}${scope ? ` with the scope "${scope}"` : ''}.\n`;
  return password ? `${added}Password, shown this once: ${password}\n` : added;
}
