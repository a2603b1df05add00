import type { Setting } from '../setting.js';
import { map, oneOf, type Type, text } from '../types.js';

const group = 'Policy';

const coordinate = text(
  'COORDINATE',
  'a schema coordinate (Type.field, Type.*, *.field, *.*, or a bare Type; * may stand inside a name too)',
  /^(?!__)[A-Za-z_*][\w*]*(\.(?!__)[A-Za-z_*][\w*]*)?$/,
);

// scope-token of RFC 6749 §3.3: what else could never be in a token.
const scopeName = /^[\x21\x23-\x5B\x5D-\x7E]+$/;

/** What a rule asks for: `scopes` are sets of which one must be held, and that wholly. */
export type Rule = 'public' | 'authenticated' | 'denied' | { readonly scopes: readonly (readonly string[])[] };

const rule: Type<Rule> = {
  placeholder: 'RULE',
  allowed: '"public", "authenticated", "denied" or { "scopes": [["a", "b"], ["c"]] }, which is a and b, or c',
  read: (value, refuse) => {
    const word = (['public', 'authenticated', 'denied'] as const).find((each) => each === value);
    if (word) return word;
    if (typeof value !== 'object' || value === null || Object.keys(value).join() !== 'scopes') return refuse(value);
    const { scopes } = value as { readonly scopes: unknown };
    const isName = (name: unknown) => typeof name === 'string' && scopeName.test(name);
    const isSet = (set: unknown) => Array.isArray(set) && set.length > 0 && set.every(isName);
    const isScopes = Array.isArray(scopes) && scopes.length > 0 && scopes.every(isSet);
    return isScopes ? { scopes: scopes as string[][] } : refuse(value);
  },
};

export const policySettings = {
  policy: {
    group,
    type: map(coordinate, rule),
    default: {},
    from: ['file'],
    about:
      'Who may have which field of the upstream, by schema coordinate, such as { "Query.status": "public", ' +
      '"Company.revenue": { "scopes": [["companies:read"]] } }. A root field without a rule needs a token.',
  },
  policyMode: {
    group,
    type: oneOf('filter', 'reject'),
    default: 'filter',
    about:
      'What an operation gets that asks for more than its caller may have: filter answers with null and an error in ' +
      'those places, reject runs nothing and answers with 403.',
  },
} as const satisfies Record<string, Setting>;
