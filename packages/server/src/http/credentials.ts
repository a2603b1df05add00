import { LatchkeyError } from '../domain/errors.js';

// "Authorisation" is how the page that callers follow spells it.
export const credentialNames: ReadonlySet<string> = new Set(['authorization', 'authorisation']);

/**
 * What a request carries as its bearer token; undefined if it carries no credentials, '' if those are of another scheme.
 * Whether it can be a token at all shows when it is verified. Read from the raw header fields: node:http silently keeps
 * the first of two, and the upstream might take the second. Throws AMBIGUOUS_CREDENTIALS (RFC 6750 §2: one method, once).
 */
export function readBearerToken(rawHeaders: readonly string[]): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== 13 || !credentialNames.has(name.toLowerCase())) continue;
    if (value !== undefined) throw new LatchkeyError('AMBIGUOUS_CREDENTIALS');
    value = rawHeaders[i + 1] as string;
  }
  return value === undefined ? undefined : afterScheme(value);
}

const scheme = 'Bearer ';

/** RFC 6750 §2.1; the scheme is compared without case, and any number of spaces follows it (RFC 9110 §11.1, §11.4). */
function afterScheme(value: string): string {
  if (!value.startsWith(scheme) && value.slice(0, scheme.length).toLowerCase() !== 'bearer ') return '';
  const token = value.slice(scheme.length);
  return token.startsWith(' ') ? token.replace(/^ +/, '') : token;
}

/** The challenge of RFC 6750 §3: without an error where no token was sent, so that a client knows the difference. */
export function bearerChallenge({ code, message, scope }: LatchkeyError, hasToken: boolean): string {
  const challenge = 'Bearer realm="latchkey"';
  if (code === 'INSUFFICIENT_SCOPE') {
    const wanted = scopeOf(scope);
    return `${challenge}, error="insufficient_scope", error_description="${message}"${wanted && `, scope="${wanted}"`}`;
  }
  if (code === 'AMBIGUOUS_CREDENTIALS') return `${challenge}, error="invalid_request", error_description="${message}"`;
  return hasToken ? `${challenge}, error="invalid_token", error_description="${message}"` : challenge;
}

/** The names that can be in a token (RFC 6749 §3.3): those of a directive come from the upstream's schema. */
function scopeOf(scope = ''): string {
  return scope
    .split(' ')
    .filter((name) => /^[\x21\x23-\x5B\x5D-\x7E]+$/.test(name))
    .join(' ');
}
