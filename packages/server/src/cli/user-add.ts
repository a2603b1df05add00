import { addUser } from '../domain/accounts/add-user.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { passwordFrom, passwordOptions, shownOnce } from './password.js';
import { storeSettings } from './store-settings.js';
import { withDomain } from './with-domain.js';

export const userAdd: Command = {
  name: 'user add',
  summary: 'Add somebody who may sign in.',
  about:
    'Adds a user, also while a server runs. It asks for the password on the terminal unless a flag says where it comes ' +
    'from. A password is never an argument: other users of the machine could read it there.',
  args: ['EMAIL'],
  options: {
    ...passwordOptions,
    scope: {
      placeholder: "'A B'",
      about: 'Scope names with spaces between them: what the tokens of this user are good for.',
    },
    json: { about: 'Print one JSON object.' },
  },
  settings: [...storeSettings, 'passwordMinLength', 'passwordMaxBytes'],
  examples: [
    "latchkey user add ada@example.com --scope 'companies:read'",
    'printf %s "$PASSWORD" | latchkey user add ada@example.com --password-stdin --json',
  ],
  async run(invocation) {
    const { flags, io } = invocation;
    const userName = invocation.args[0] ?? '';
    const password = await passwordFrom(invocation);
    const user = await withDomain(invocation, (domain) =>
      addUser(domain, { userName, password, scope: String(flags.scope ?? '') }),
    );
    const shown = flags.generate ? { ...user, password } : user;
    io.stdout.write(flags.json ? `${JSON.stringify(shown)}\n` : inWords(shown));
    return exitCodes.done;
  },
};

function inWords({ userName, scope, password }: { userName: string; scope: string; password?: string }): string {
  return `Added ${userName}${scope ? ` with the scope "${scope}"` : ''}.\n${shownOnce(password)}`;
}
