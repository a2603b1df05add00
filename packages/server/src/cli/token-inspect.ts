import { inspectToken } from '../domain/tokens/inspect-token.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { storeSettings } from './store-settings.js';
import { readToken } from './token-inspect-input.js';
import { inspectionInJson, inspectionInWords } from './token-inspect-words.js';
import { withDomain } from './with-domain.js';

export const tokenInspect: Command = {
  name: 'token inspect',
  summary: 'Explain an access token or a refresh token.',
  about:
    'Reads a token from standard input, or asks for it on the terminal: as an argument, everybody on the machine could ' +
    'read it. Says whether it is good, and why not; whose it is; and what a refresh would do. Changes nothing. Give ' +
    'the settings as the servers have them. The exit code is 0 if the token is good, 1 if not.',
  args: [],
  options: { json: { about: 'Print one JSON object; times are ISO 8601 in UTC.' } },
  settings: [
    ...storeSettings,
    'port',
    'publicUrl',
    'audience',
    'accessTokenLifetime',
    'refreshRetryWindow',
    'signingAlgorithm',
  ],
  examples: ['latchkey token inspect', 'latchkey token inspect --json < token.txt'],
  async run(invocation) {
    const { flags, io } = invocation;
    const token = await readToken(io);
    const { inspection, now } = await withDomain(invocation, async (domain) => ({
      inspection: await inspectToken(domain, token),
      now: domain.clock(),
    }));
    io.stdout.write(flags.json ? inspectionInJson(inspection) : inspectionInWords(inspection, now));
    return inspection.verdict === 'good' ? exitCodes.done : exitCodes.failed;
  },
};
