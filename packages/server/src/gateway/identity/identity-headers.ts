import type { Claims } from '../../domain/tokens/access-tokens.js';
import { type Facts, fillText } from './facts.js';

/**
 * What would end a field, or part a value that a program takes apart; and the sign of the encoding itself. None of it is
 * in an id, and hardly any in an address or a scope.
 */
const unsafe = /[^\x20-\x7E]|["%\\,;=]/gu;

/** Text as it may stand in a header field: what is not safe there is percent-encoded UTF-8, for decodeURIComponent. */
export function encodeForHeader(text: string): string {
  return text.replace(unsafe, (char) =>
    Array.from(Buffer.from(char), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );
}

/** Names, in lower case, and values in turn. */
export function fillHeaders(templates: Readonly<Record<string, string>>, facts: Facts): readonly string[] {
  return Object.entries(templates).flatMap(([name, template]) => [
    name.toLowerCase(),
    fillText(template, facts, encodeForHeader),
  ]);
}

/**
 * What is sent for a caller without a token. Hasura takes a request with its admin secret and no role for one of its
 * admin, so the role is said then too.
 */
export function anonymousHeaders(templates: Readonly<Record<string, string>>): readonly string[] {
  const names = Object.keys(templates).map((name) => name.toLowerCase());
  return names.includes('x-hasura-role') ? ['x-hasura-role', 'anonymous'] : [];
}

/** Header fields of callers, each made once for an access token. */
export function createHeaderMemory(make: (claims: Claims) => readonly string[] | Promise<readonly string[]>) {
  // As long as the access token is remembered.
  const known = new WeakMap<Claims, readonly string[]>();

  async function keep(claims: Claims, making: Promise<readonly string[]>): Promise<readonly string[]> {
    const fields = await making;
    known.set(claims, fields);
    return fields;
  }

  return (claims: Claims): readonly string[] | Promise<readonly string[]> => {
    const hit = known.get(claims);
    if (hit) return hit;
    const fields = make(claims);
    if (fields instanceof Promise) return keep(claims, fields);
    known.set(claims, fields);
    return fields;
  };
}
