import type { SigningKeyInfo } from '../domain/tokens/signing-keys.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { storeSettings } from './store-settings.js';
import { isoTime, safeJson, table } from './table.js';
import { withDomain } from './with-domain.js';

export const keysList: Command = {
  name: 'keys list',
  summary: 'List the keys that sign access tokens.',
  about:
    'Lists the signing keys, the oldest first: the next one, which is published and does not sign yet, the current ' +
    'one, those that only verify (retiring), and those of which nothing is accepted (retired). Give the signing ' +
    'algorithm as the servers have it. Also while a server runs.',
  args: [],
  options: { json: { about: 'Print a JSON array; times are ISO 8601 in UTC.' } },
  settings: [...storeSettings, 'signingAlgorithm'],
  examples: ['latchkey keys list', 'latchkey keys list --json'],
  async run(invocation) {
    const { flags, io } = invocation;
    const keys = await withDomain(invocation, async (domain) => domain.keys.list());
    io.stdout.write(flags.json ? inJson(keys) : inWords(keys));
    return exitCodes.done;
  },
};

function inJson(keys: readonly SigningKeyInfo[]): string {
  return `[\n${keys.map((key) => safeJson(keyForJson(key))).join(',\n')}\n]\n`;
}

/** The key with its times as a script reads them. */
export function keyForJson({ kid, algorithm, state, createdAt, signsFrom, retiresAt }: SigningKeyInfo): object {
  return {
    kid,
    algorithm,
    state,
    createdAt: isoTime(createdAt),
    signsFrom: isoTime(signsFrom),
    verifiesUntil: retiresAt === null ? null : isoTime(retiresAt),
  };
}

function inWords(keys: readonly SigningKeyInfo[]): string {
  const rows = keys.map(({ kid, algorithm, state, createdAt, signsFrom, retiresAt }) => [
    kid,
    algorithm,
    state,
    isoTime(createdAt),
    isoTime(signsFrom),
    retiresAt === null ? 'the next rotation' : isoTime(retiresAt),
  ]);
  return table([['KID', 'ALGORITHM', 'STATE', 'CREATED', 'SIGNS FROM', 'VERIFIES UNTIL'], ...rows]);
}
