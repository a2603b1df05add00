import { maxQuota, type QuotaChoice, setQuota } from '../domain/usage/set-quota.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { storeSettings } from './store-settings.js';
import { UsageError } from './usage-error.js';
import { withDomain } from './with-domain.js';

export const userQuota: Command = {
  name: 'user quota',
  summary: 'Set how much somebody may ask for in a day.',
  about:
    'Sets how many requests the user may send to the upstream in a day, which begins at midnight in UTC: a number, "none" ' +
    'for no quota, or "default" for what the setting quotaPerDay says. Servers that run on the same data follow within ' +
    '10 seconds.',
  args: ['EMAIL', 'QUOTA'],
  options: { json: { about: 'Print one JSON object.' } },
  settings: storeSettings,
  examples: ['latchkey user quota ada@example.com 10000', 'latchkey user quota ada@example.com default'],
  async run(invocation) {
    const { args, flags, io } = invocation;
    const [email = '', quota = ''] = args;
    const choice = read(quota);
    const userName = await withDomain(invocation, (domain) => setQuota(domain, email, choice));
    io.stdout.write(flags.json ? `${JSON.stringify({ userName, quotaPerDay: choice })}\n` : inWords(userName, choice));
    return exitCodes.done;
  },
};

function read(text: string): QuotaChoice {
  if (text === 'none' || text === 'default') return text;
  if (/^\d{1,13}$/.test(text) && Number(text) <= maxQuota) return Number(text);
  throw new UsageError(
    `The quota is ${JSON.stringify(text)}; give a whole number from 0 to ${maxQuota}, "none" or "default".`,
  );
}

function inWords(userName: string, choice: QuotaChoice): string {
  if (choice === 'default') return `${userName} has the quota of the setting quotaPerDay from now on.\n`;
  if (choice === 'none') return `${userName} has no quota from now on.\n`;
  return `${userName} may send ${choice} ${choice === 1 ? 'request' : 'requests'} a day from now on.\n`;
}
