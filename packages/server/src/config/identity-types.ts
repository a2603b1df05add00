import { isRecord } from '../lib/is-record.js';
import { placeholdersOf } from '../lib/template.js';
import type { Refuse, Type } from './types.js';

/** JSON as it stands in a file. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const texts = ['userId', 'userName', 'scope', 'sessionId', 'role'];
const lists = ['{scopes}', '{roles}'];
const inBraces = texts.map((name) => `{${name}}`).join(', ');

/** Set by Latchkey, or of a meaning to whoever verifies the token (RFC 7519 §4.1). */
const reserved: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'sid', 'scope']);

/** A token travels in a header, of which servers take 8 to 16 KiB in all. */
const maxClaimsLength = 2048;

/** A claim for each member; strings are templates. */
export const claimTemplates: Type<Readonly<Record<string, Json>>> = {
  placeholder: '{ … }',
  allowed:
    `an object from claims (but for ${[...reserved].join(', ')}) to JSON of at most ${maxClaimsLength} characters in ` +
    `all, whose strings may hold ${inBraces} and may be ${lists.join(' or ')}`,
  read(value, refuse) {
    if (!isRecord(value) || JSON.stringify(value).length > maxClaimsLength) return refuse(value);
    for (const name of Object.keys(value)) if (reserved.has(name)) refuse(name);
    checkTemplates(value, refuse);
    return value as Readonly<Record<string, Json>>;
  },
};

function checkTemplates(value: unknown, refuse: Refuse): void {
  if (typeof value === 'string') {
    if (!lists.includes(value) && !placeholdersOf(value).every((name) => texts.includes(name))) refuse(value);
  } else if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) checkTemplates(part, refuse);
  }
}

/** A name that both sides of a connection use, or that says something of the one message. */
const ofConnection: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'expect',
  'content-length',
  'content-type',
  'content-encoding',
  'accept',
  'accept-encoding',
  'x-request-id',
  'x-forwarded-for',
]);

// A token of RFC 9110 §5.6.2 less what some servers take for a hyphen: one of them would be another field to the API.
const fieldName = /^[A-Za-z0-9-]{1,100}$/;
const fieldValue = /^[\x21-\x7E](?:[\x20-\x7E]*[\x21-\x7E])?$/;

/** From the name of a header field to the template of its value. */
export const headerTemplates: Type<Readonly<Record<string, string>>> = {
  placeholder: '{ … }',
  allowed: `an object from header names (letters, digits and hyphens; not Authorization) to text in ASCII that may hold ${inBraces}`,
  read(value, refuse) {
    const fields = readFields(value, refuse);
    for (const [name, template] of Object.entries(fields)) {
      if (name.toLowerCase() === 'authorization') refuse(name);
      if (!placeholdersOf(template).every((each) => texts.includes(each))) refuse(template);
    }
    return fields;
  },
};

/** Header fields as they are sent: "Name: value" lines, or an object. */
export const headerFields: Type<Readonly<Record<string, string>>> = {
  placeholder: "'NAME: VALUE'",
  allowed:
    'header fields: "Name: value", one to a line, or in the file an object from names to values. Names are letters, ' +
    'digits and hyphens and none that HTTP or Latchkey sets itself, each once; values are ASCII',
  read: (value, refuse) => readFields(typeof value === 'string' ? parseLines(value, refuse) : value, refuse),
};

function parseLines(text: string, refuse: Refuse): unknown {
  const lines = text.split('\n').map((line) => line.trim());
  const pairs = lines.filter(Boolean).map((line) => /^([^:\s]+):\s*(.*)$/.exec(line)?.slice(1) ?? refuse(text));
  // An object would keep the second of two of one name.
  if (new Set(pairs.map(([name]) => name)).size < pairs.length) return refuse(text);
  return Object.fromEntries(pairs);
}

function readFields(value: unknown, refuse: Refuse): Readonly<Record<string, string>> {
  if (!isRecord(value)) return refuse(value);
  const seen = new Set<string>();
  for (const [name, text] of Object.entries(value)) {
    const lower = name.toLowerCase();
    if (!fieldName.test(name) || ofConnection.has(lower) || seen.has(lower)) refuse(name);
    if (typeof text !== 'string' || !fieldValue.test(text)) refuse(text);
    seen.add(lower);
  }
  return value as Readonly<Record<string, string>>;
}
