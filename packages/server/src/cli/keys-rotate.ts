import type { SigningKeyInfo } from '../domain/tokens/signing-keys.js';
import type { Command, Flags } from './command.js';
import { exitCodes } from './failure.js';
import { keyForJson } from './keys-list.js';
import { storeSettings } from './store-settings.js';
import { isoTime, safeJson } from './table.js';
import { UsageError } from './usage-error.js';
import { withDomain } from './with-domain.js';

const maxReason = 500;

export const keysRotate: Command = {
  name: 'keys rotate',
  summary: 'Add a key that takes over the signing.',
  about:
    'Makes the next signing key, as Latchkey does by itself from time to time. It is published at once and signs ' +
    'after 11 minutes, when every verifier knows it; the others verify until their tokens have expired. With --now ' +
    '--reason compromised nothing that another key signed is accepted any more. Servers hear of it within a second. ' +
    'Give the algorithm and the lifetime of access tokens as the servers have them.',
  args: [],
  options: {
    now: {
      about:
        'Sign with it at once; verifiers have to look again when they meet an unknown kid. Other nodes hear of it ' +
        'within a second, and refuse its tokens until then.',
    },
    reason: { placeholder: 'TEXT', about: 'Why, for the audit; "compromised" needs --now and drops the other keys.' },
    json: { about: 'Print one JSON object; times are ISO 8601 in UTC.' },
  },
  settings: [...storeSettings, 'signingAlgorithm', 'accessTokenLifetime'],
  examples: ['latchkey keys rotate', 'latchkey keys rotate --now --reason compromised'],
  async run(invocation) {
    const { flags, io } = invocation;
    const options = readOptions(flags);
    const { added, keys } = await withDomain(invocation, async ({ keys }) => ({
      added: await keys.rotate({ ...options, source: 'operator' }),
      keys: keys.list(),
    }));
    const others = keys.filter(({ kid }) => kid !== added.kid);
    const json = { added: keyForJson(added), others: others.map(keyForJson) };
    io.stdout.write(flags.json ? `${safeJson(json)}\n` : inWords(added, others, options.compromised));
    return exitCodes.done;
  },
};

function readOptions({ now, reason }: Flags) {
  const text = typeof reason === 'string' ? reason.trim() : undefined;
  if (text === '') throw new UsageError('--reason is empty; write why the key is rotated, or leave it out.');
  if (text && text.length > maxReason) throw new UsageError(`--reason may have ${maxReason} characters; write less.`);
  const compromised = text?.toLowerCase() === 'compromised';
  if (compromised && !now) {
    throw new UsageError(
      'A key that somebody else has must not sign for another moment: write --now --reason compromised.',
    );
  }
  return { now: now === true, compromised, reason: text };
}

function inWords(added: SigningKeyInfo, others: readonly SigningKeyInfo[], compromised: boolean): string {
  const begins =
    added.state === 'current' ? 'signs from now on' : `is published now and signs from ${isoTime(added.signsFrom)}`;
  const end = Math.max(0, ...others.map(({ retiresAt }) => retiresAt ?? 0));
  const rest = compromised
    ? 'Every other key is dropped: what they signed is refused, and callers refresh or sign in again.'
    : `The other keys verify until ${isoTime(end)}, when all of their tokens have expired.`;
  return `The new ${added.algorithm} key ${added.kid} ${begins}.\n${others.length > 0 ? `${rest}\n` : ''}`;
}
