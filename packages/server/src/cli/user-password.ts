import { type ChangedPassword, changePassword } from '../domain/accounts/change-password.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { passwordFrom, passwordOptions, shownOnce } from './password.js';
import { storeSettings } from './store-settings.js';
import { counted } from './table.js';
import { withDomain } from './with-domain.js';

export const userPassword: Command = {
  name: 'user password',
  summary: 'Give somebody another password.',
  about:
    'Changes the password and ends every session of the user, so that whoever knew the old one is out. It asks for ' +
    'the password on the terminal unless a flag says where it comes from.',
  args: ['EMAIL'],
  options: { ...passwordOptions, json: { about: 'Print one JSON object.' } },
  settings: [...storeSettings, 'passwordMinLength', 'passwordMaxBytes'],
  examples: [
    'latchkey user password ada@example.com',
    'printf %s "$PASSWORD" | latchkey user password ada@example.com --password-stdin',
  ],
  async run(invocation) {
    const { args, flags, io } = invocation;
    const password = await passwordFrom(invocation);
    const changed = await withDomain(invocation, (domain) =>
      changePassword(domain, { userName: args[0] ?? '', password }),
    );
    const made = flags.generate ? password : undefined;
    io.stdout.write(flags.json ? `${JSON.stringify({ ...changed, password: made })}\n` : inWords(changed, made));
    return exitCodes.done;
  },
};

function inWords({ userName, isDisabled, sessionsEnded }: ChangedPassword, made: string | undefined): string {
  const changed = `Changed the password of ${userName} and ended ${counted(sessionsEnded, 'session')}.\n`;
  return `${changed}${isDisabled ? `${userName} is still disabled.\n` : ''}${shownOnce(made)}`;
}
