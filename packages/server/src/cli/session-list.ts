import { findUser } from '../domain/accounts/find-user.js';
import { listSessions } from '../domain/sessions/list-sessions.js';
import type { SessionRecord } from '../store/store.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { storeSettings } from './store-settings.js';
import { isoTime, safeJson, table } from './table.js';
import { withDomain } from './with-domain.js';

const maxSessions = 1000;

export const sessionList: Command = {
  name: 'session list',
  summary: "List somebody's sessions.",
  about:
    'Lists the sessions of a user that have neither ended nor expired, the newest first, at most ' +
    `${maxSessions}; also while a server runs.`,
  args: ['EMAIL'],
  options: { json: { about: 'Print a JSON array; times are ISO 8601 in UTC.' } },
  settings: storeSettings,
  examples: ['latchkey session list ada@example.com'],
  async run(invocation) {
    const { args, flags, io } = invocation;
    const { userName, sessions } = await withDomain(invocation, async (domain) => {
      const { id: userId, userName } = await findUser(domain, args[0] ?? '');
      return { userName, sessions: await listSessions(domain, { userId, limit: maxSessions }) };
    });
    io.stdout.write(flags.json ? inJson(sessions) : inWords(userName, sessions));
    if (sessions.length === maxSessions) io.stderr.write(`There may be more: these are the newest ${maxSessions}.\n`);
    return exitCodes.done;
  },
};

function inJson(sessions: readonly SessionRecord[]): string {
  const lines = sessions.map(({ id, source, userAgent, ...times }) =>
    safeJson({
      id,
      createdAt: isoTime(times.createdAt),
      lastUsedAt: isoTime(times.rotatedAt),
      idleExpiresAt: isoTime(times.idleExpiresAt),
      expiresAt: isoTime(times.expiresAt),
      source,
      userAgent,
    }),
  );
  return lines.length === 0 ? '[]\n' : `[\n${lines.join(',\n')}\n]\n`;
}

function inWords(userName: string, sessions: readonly SessionRecord[]): string {
  if (sessions.length === 0) return `${userName} has no session.\n`;
  const rows = sessions.map(({ id, createdAt, rotatedAt, source, userAgent }) => [
    id,
    isoTime(createdAt),
    isoTime(rotatedAt),
    source,
    userAgent,
  ]);
  return table([['ID', 'SIGNED IN', 'LAST USED', 'SOURCE', 'PROGRAM'], ...rows]);
}
