import type { Domain } from '../domain/domain.js';
import { revokeSessionByOperator, revokeSessionsByOperator } from '../domain/sessions/revoke-by-operator.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { storeSettings } from './store-settings.js';
import { counted, printable, safeJson } from './table.js';
import { UsageError } from './usage-error.js';
import { withDomain } from './with-domain.js';

interface Outcome {
  readonly words: string;
  readonly json: object;
}

export const sessionRevoke: Command = {
  name: 'session revoke',
  summary: 'End a session, or all of a user.',
  about:
    'Ends the session with this id, or with --user every session of a user. Servers that run on the same data refuse ' +
    'the access tokens within a second. The user can sign in again; "latchkey user disable" prevents that. Write -- ' +
    'before an id that begins with a dash.',
  args: ['[SESSION_ID]'],
  options: {
    user: { placeholder: 'EMAIL', about: 'End every session of this user.' },
    json: { about: 'Print one JSON object.' },
  },
  settings: storeSettings,
  examples: ['latchkey session revoke 3q2-7wAAAAAAAAAAAAAAAA', 'latchkey session revoke --user ada@example.com'],
  async run(invocation) {
    const { args, flags, io } = invocation;
    const id = args[0];
    const { user } = flags;
    if ((id === undefined) === (user === undefined)) {
      throw new UsageError('Give the id of a session, or --user EMAIL; "latchkey session list EMAIL" shows the ids.');
    }
    const { words, json } = await withDomain(invocation, (domain) =>
      id === undefined ? revokeAll(domain, String(user)) : revokeOne(domain, id),
    );
    io.stdout.write(flags.json ? `${safeJson(json)}\n` : words);
    return exitCodes.done;
  },
};

async function revokeOne(domain: Domain, id: string): Promise<Outcome> {
  const json = await revokeSessionByOperator(domain, id);
  // Unlike a name that was typed, this one may be older than the rule for names.
  const userName = printable(json.userName);
  return { json, words: `Ended the session ${id} of ${userName}; its access tokens are refused from now on.\n` };
}

async function revokeAll(domain: Domain, user: string): Promise<Outcome> {
  const json = await revokeSessionsByOperator(domain, user);
  const { userName, sessionsEnded } = json;
  if (sessionsEnded === 0) return { json, words: `${userName} has no session; nothing was changed.\n` };
  const tokens = `${sessionsEnded === 1 ? 'its' : 'their'} access tokens`;
  return {
    json,
    words: `Ended ${counted(sessionsEnded, 'session')} of ${userName}; ${tokens} are refused from now on.\n`,
  };
}
