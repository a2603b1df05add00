import type { RawHeaders } from '../headers.js';

type Fields = Readonly<Record<string, string>>;

/** Header fields by which the upstream knows us, from names to values. */
export interface SecretHeaders {
  /** Of every request. */
  readonly secretHeaders: Fields;
  /** Of introspection alone; of one that both have this one is sent. */
  readonly introspectionHeaders: Fields;
}

/** The names in lower case. */
export function namesOf(fields: Fields): readonly string[] {
  return Object.keys(fields).map((name) => name.toLowerCase());
}

export function hidesHasura(name: string): boolean {
  return name.startsWith('x-hasura-');
}

/** What introspection is sent with: names in lower case and values in turn. */
export function introspectionFields({ secretHeaders, introspectionHeaders }: SecretHeaders): RawHeaders {
  const fields = new Map<string, string>();
  for (const each of [secretHeaders, introspectionHeaders]) {
    for (const [name, value] of Object.entries(each)) fields.set(name.toLowerCase(), value);
  }
  return [...fields].flat();
}

/**
 * Names of answers that never go back to the caller: an upstream that shows in its answer what it was asked with would
 * give the secret away, or a token that is good at the upstream itself.
 */
export function hiddenFields({ secretHeaders, introspectionHeaders }: SecretHeaders): ReadonlySet<string> {
  return new Set([...namesOf(secretHeaders), ...namesOf(introspectionHeaders), 'authorization']);
}
