import { LatchkeyError } from '../../domain/errors.js';
import { credentialNames } from '../credentials.js';

/** "Bearer" may be left out: there is no other scheme here. */
const withScheme = /^bearer +/i;

/**
 * The token that a connection speaks with: from the payload of connection_init, where clients put it under the name of
 * the header, alone or in `headers`, or from the header of the request that opened the connection. The same one in
 * several places is one. Throws AMBIGUOUS_CREDENTIALS for two.
 */
export function connectionToken(
  payload: Readonly<Record<string, unknown>> | undefined,
  ofHeader: string | undefined,
): string | undefined {
  const tokens = new Set([...listTokens(payload), ...listTokens(payload?.headers)]);
  if (ofHeader !== undefined) tokens.add(ofHeader);
  if (tokens.size > 1) throw new LatchkeyError('AMBIGUOUS_CREDENTIALS', { message: ambiguous });
  const [token] = tokens;
  return token;
}

const ambiguous = 'The connection carries more than one credential.';

/** A client without a token often sends the name all the same, with nothing. */
function listTokens(record: unknown): readonly string[] {
  if (typeof record !== 'object' || record === null) return [];
  return Object.entries(record)
    .filter(([name, value]) => credentialNames.has(name.toLowerCase()) && value !== null && value !== '')
    .map(([, value]) => (typeof value === 'string' ? value.replace(withScheme, '').trimEnd() : ''));
}
