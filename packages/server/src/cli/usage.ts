import { findUser } from '../domain/accounts/find-user.js';
import type { Domain } from '../domain/domain.js';
import { listUsage } from '../domain/usage/list-usage.js';
import { quotaChoiceOf } from '../domain/usage/set-quota.js';
import type { UsagePeriod } from '../store/store.js';
import type { Command, Flags } from './command.js';
import { exitCodes } from './failure.js';
import { createProgress } from './progress.js';
import { storeSettings } from './store-settings.js';
import { UsageError } from './usage-error.js';
import { usagePeriod } from './usage-period.js';
import { createUsageReport, type UsageFormat } from './usage-report.js';
import { withDomain } from './with-domain.js';

/** Operations of one user that are told apart. */
const maxOperations = 100_000;

export const usage: Command = {
  name: 'usage',
  summary: 'Show who has asked for how much.',
  about:
    'Sums up what each user has asked the upstream for, or what one user has by operation: requests, those of them that ' +
    'failed, fields and milliseconds. Also while a server runs; what it counted in the last 5 seconds may be missing. ' +
    'Hours are those of UTC.',
  args: ['[EMAIL]'],
  options: {
    last: {
      placeholder: 'hour|day|week|month',
      about: 'The running hour and so many before it: 1, 24, 168 or 720. Default: day.',
    },
    from: { placeholder: 'DATE', about: 'From the beginning of this day in UTC instead, such as 2026-01-01.' },
    to: { placeholder: 'DATE', about: 'To before the beginning of this day. Default: to now.' },
    json: { about: 'Print a JSON array.' },
    csv: { about: 'Print comma-separated values, with a line of names first.' },
  },
  settings: storeSettings,
  examples: [
    'latchkey usage --last week',
    'latchkey usage ada@example.com',
    'latchkey usage --from 2026-01-01 --to 2026-02-01 --csv > january.csv',
  ],
  async run(invocation) {
    const { args, flags, io } = invocation;
    const format = formatOf(flags);
    await withDomain(invocation, async (domain) => {
      const period = usagePeriod(flags, domain.clock());
      const [email] = args;
      if (email === undefined) return reportUsers(domain, period, format, io);
      return reportUser(domain, email, period, format, io);
    });
    return exitCodes.done;
  },
};

function formatOf({ json, csv }: Flags): UsageFormat {
  if (json && csv) throw new UsageError('--json and --csv exclude each other; give one of them.');
  return json ? 'json' : csv ? 'csv' : 'table';
}

type Io = Parameters<Command['run']>[0]['io'];

async function reportUsers(domain: Domain, period: UsagePeriod, format: UsageFormat, io: Io): Promise<void> {
  const report = createUsageReport(format, 'userName', period, io.stdout);
  const progress = createProgress(io.stderr, 'Reading usage');
  for await (const { userId, userName, ...counters } of listUsage(domain, period)) {
    report.add({ userName: userName ?? `(gone) ${userId}`, ...counters });
    progress.update({ done: placeOf(userId), total: 1 });
  }
  progress.end();
  report.end();
}

/** Ids are random, and come in order: so far through all of them is this one. */
function placeOf(userId: string): number {
  return Number.parseInt(userId.slice(0, 8), 16) / 2 ** 32 || 0;
}

async function reportUser(domain: Domain, email: string, period: UsagePeriod, format: UsageFormat, io: Io) {
  const user = await findUser(domain, email);
  const { operations } = await domain.store.sumUsage({ ...period, userId: user.id, limit: maxOperations });
  const report = createUsageReport(format, 'operation', period, io.stdout);
  for (const one of operations) report.add(one);
  report.end();
  if (format === 'table') io.stdout.write(`Quota of ${user.userName}: ${quotaInWords(user.quotaPerDay)}.\n`);
}

function quotaInWords(quotaPerDay: number | null): string {
  const choice = quotaChoiceOf(quotaPerDay);
  if (choice === 'default') return 'that of the setting quotaPerDay';
  return choice === 'none' ? 'none' : `${choice} a day`;
}
