import type { Claims } from '../../domain/tokens/access-tokens.js';
import { isRecord } from '../../lib/is-record.js';
import { fillTemplate, placeholdersOf } from '../../lib/template.js';

/** What can be told of who is asking. */
export interface Facts {
  readonly userId: string;
  readonly userName: string;
  readonly sessionId: string;
  readonly scope: string;
  readonly scopes: readonly string[];
  readonly role: string;
  readonly roles: readonly string[];
}

/** JSON in which strings are templates. */
export type Template = unknown;

const rolePrefix = 'role:';

/**
 * Roles are scopes of the form `role:NAME`. Who has none has `defaultRole`; of several the one to act in is `defaultRole`
 * too if it is one of them, because it is the one that most people have, else the first in the order of the alphabet.
 */
export function factsOf({ userId, sessionId, scope }: Claims, userName: string, defaultRole: string): Facts {
  const scopes = scope.split(' ').filter(Boolean);
  const named = scopes
    .filter((name) => name.startsWith(rolePrefix) && name.length > rolePrefix.length)
    .map((name) => name.slice(rolePrefix.length));
  const roles = named.length > 0 ? named : [defaultRole];
  const role = roles.includes(defaultRole) ? defaultRole : (roles[0] as string);
  return { userId, userName, sessionId, scope, scopes, role, roles };
}

/** Whether the template, or anything in it, says the user's name: the one fact that an access token does not tell. */
export function needsUserName(template: Template): boolean {
  if (typeof template === 'string') return placeholdersOf(template).includes('userName');
  return typeof template === 'object' && template !== null && Object.values(template).some(needsUserName);
}

/** The template with the facts in it; a string that is nothing but `{scopes}` or `{roles}` becomes the list. */
export function fill(template: Template, facts: Facts): unknown {
  if (typeof template === 'string') {
    if (template === '{scopes}') return facts.scopes;
    if (template === '{roles}') return facts.roles;
    return fillText(template, facts);
  }
  if (Array.isArray(template)) return template.map((part) => fill(part, facts));
  if (!isRecord(template)) return template;
  return Object.fromEntries(Object.entries(template).map(([name, part]) => [name, fill(part, facts)]));
}

/** The same for text alone; `encode` is done to each fact that is put in. */
export function fillText(template: string, facts: Facts, encode = (text: string) => text): string {
  return fillTemplate(template, (name) => encode(String(facts[name as keyof Facts])));
}

/** Both in one; where both have a name `second` wins, unless both have an object there, which are made one in turn. */
export function mergeTemplates(first: object, second: object): Readonly<Record<string, Template>> {
  const merged = new Map<string, Template>(Object.entries(first));
  for (const [name, part] of Object.entries(second)) {
    const other = merged.get(name);
    merged.set(name, isRecord(part) && isRecord(other) ? mergeTemplates(other, part) : part);
  }
  return Object.fromEntries(merged);
}
