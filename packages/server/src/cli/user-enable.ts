import { enableUser } from '../domain/accounts/enable-user.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { storeSettings } from './store-settings.js';
import { withDomain } from './with-domain.js';

export const userEnable: Command = {
  name: 'user enable',
  summary: 'Let a disabled user sign in again.',
  about: 'The user can sign in again, with the same password. Sessions that have ended stay ended.',
  args: ['EMAIL'],
  options: { json: { about: 'Print one JSON object.' } },
  settings: storeSettings,
  examples: ['latchkey user enable ada@example.com'],
  async run(invocation) {
    const { args, flags, io } = invocation;
    const enabled = await withDomain(invocation, (domain) => enableUser(domain, args[0] ?? ''));
    const words = enabled.wasDisabled
      ? `Enabled ${enabled.userName}, who can sign in again.\n`
      : `${enabled.userName} is not disabled; nothing was changed.\n`;
    io.stdout.write(flags.json ? `${JSON.stringify(enabled)}\n` : words);
    return exitCodes.done;
  },
};
