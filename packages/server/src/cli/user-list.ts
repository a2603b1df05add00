import { type ListedUser, listUsers } from '../domain/accounts/list-users.js';
import { quotaChoiceOf } from '../domain/usage/set-quota.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import type { Output } from './io.js';
import { storeSettings } from './store-settings.js';
import { isoTime, safeJson, table } from './table.js';
import { withDomain } from './with-domain.js';

export const userList: Command = {
  name: 'user list',
  summary: 'List who may sign in.',
  about: 'Lists the users in the order of their names, also while a server runs.',
  args: [],
  options: { json: { about: 'Print a JSON array; times are ISO 8601 in UTC.' } },
  settings: storeSettings,
  examples: ['latchkey user list', 'latchkey user list --json'],
  async run(invocation) {
    const { flags, io } = invocation;
    const write = flags.json ? writeJson : writeTable;
    await withDomain(invocation, (domain) => write(listUsers(domain), io.stdout));
    return exitCodes.done;
  },
};

/** A user a line, so that a list of any length is never held in memory whole. */
async function writeJson(users: AsyncIterable<ListedUser>, output: Output): Promise<void> {
  let separator = '[\n';
  for await (const user of users) {
    const times = { createdAt: isoTime(user.createdAt), disabledAt: user.disabledAt && isoTime(user.disabledAt) };
    const quotaPerDay = quotaChoiceOf(user.quotaPerDay);
    output.write(`${separator}${safeJson({ ...user, ...times, quotaPerDay })}`);
    separator = ',\n';
  }
  output.write(separator === '[\n' ? '[]\n' : '\n]\n');
}

async function writeTable(users: AsyncIterable<ListedUser>, output: Output): Promise<void> {
  const rows = [['USER NAME', 'STATE', 'CREATED', 'SCOPE']];
  for await (const { userName, disabledAt, createdAt, scope } of users) {
    rows.push([userName, disabledAt === null ? 'active' : 'disabled', isoTime(createdAt), scope]);
  }
  if (rows.length === 1) output.write('There are no users yet. Add one with "latchkey user add EMAIL".\n');
  else output.write(table(rows));
}
