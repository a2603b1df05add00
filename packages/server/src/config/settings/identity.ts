import { claimTemplates, headerFields, headerTemplates } from '../identity-types.js';
import type { Setting } from '../setting.js';
import { duration, oneOf, text } from '../types.js';

const group = 'Who is asking, for the API';

export const identitySettings = {
  upstreamIdentity: {
    group,
    type: oneOf('token', 'jwt', 'headers', 'none'),
    default: 'token',
    about:
      "How the upstream learns who asks: token passes the caller's access token on, jwt sends a short-lived JWT made for the upstream, headers sends header fields, none sends nothing.",
  },
  upstreamClaimsPreset: {
    group,
    type: oneOf('none', 'hasura', 'postgraphile'),
    default: 'none',
    about:
      'The claims (with hasura also the header fields) that this server reads; needs upstreamIdentity jwt, or for hasura jwt or headers.',
  },
  upstreamClaims: {
    group,
    type: claimTemplates,
    default: {},
    from: ['file'],
    about:
      'Further claims of the JWT for the upstream, such as { "user_id": "{userId}", "roles": "{roles}" }; needs upstreamIdentity jwt.',
  },
  upstreamDefaultRole: {
    group,
    type: text('NAME', 'a name of letters, digits, _ and -', /^[A-Za-z_][\w-]{0,62}$/),
    default: 'user',
    about: 'The {role} of users who have no scope that begins with role: and goes on with the name of one.',
  },
  upstreamAudience: {
    group,
    type: text('TEXT', 'text that is not empty'),
    unset: "the upstream's URL, without what follows a ? in it",
    about: 'Whom the JWT for the upstream is for (its "aud" claim).',
  },
  upstreamTokenLifetime: {
    group,
    type: duration('10s', '24h'),
    default: '1m',
    about: "How long a JWT for the upstream is good; never longer than the caller's access token.",
  },
  upstreamIdentityHeaders: {
    group,
    type: headerTemplates,
    default: {},
    from: ['file'],
    about:
      'The header fields of upstreamIdentity headers, in the place of X-Latchkey-User-Id, X-Latchkey-User-Name, X-Latchkey-Scope and X-Latchkey-Session-Id (with the preset hasura, of X-Hasura-User-Id and X-Hasura-Role).',
  },
  upstreamHeader: {
    group,
    type: headerFields,
    unset: 'none is sent',
    from: ['env', 'file'],
    secret: true,
    about: 'Secret header fields of every request to the upstream, by which it knows Latchkey.',
  },
  introspectionHeader: {
    group,
    type: headerFields,
    unset: 'those of upstreamHeader alone are sent',
    from: ['env', 'file'],
    secret: true,
    about: "Secret header fields of the requests that read the upstream's schema, and of no other.",
  },
} as const satisfies Record<string, Setting>;
