import { type DisabledUser, disableUser } from '../domain/accounts/disable-user.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { storeSettings } from './store-settings.js';
import { counted } from './table.js';
import { withDomain } from './with-domain.js';

export const userDisable: Command = {
  name: 'user disable',
  summary: 'Lock somebody out, at once.',
  about:
    'The user can sign in no more, and every session of theirs ends. Servers that run on the same data refuse the ' +
    'access tokens within a second. Nothing is deleted; "latchkey user enable" lets them in again.',
  args: ['EMAIL'],
  options: { json: { about: 'Print one JSON object.' } },
  settings: storeSettings,
  examples: ['latchkey user disable ada@example.com'],
  async run(invocation) {
    const { args, flags, io } = invocation;
    const disabled = await withDomain(invocation, (domain) => disableUser(domain, args[0] ?? ''));
    io.stdout.write(flags.json ? `${JSON.stringify(disabled)}\n` : inWords(disabled));
    return exitCodes.done;
  },
};

function inWords({ userName, wasDisabled, sessionsEnded }: DisabledUser): string {
  if (wasDisabled) return `${userName} is disabled already; nothing was changed.\n`;
  if (sessionsEnded === 0) return `Disabled ${userName}, who had no session.\n`;
  const ended = `${counted(sessionsEnded, 'session')}; ${sessionsEnded === 1 ? 'its' : 'their'} access tokens`;
  return `Disabled ${userName} and ended ${ended} are refused from now on.\n`;
}
