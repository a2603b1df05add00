import type { Setting } from '../setting.js';
import { duration, integer, oneOf, origin, text } from '../types.js';

const group = 'Tokens and sessions';

export const sessionsSettings = {
  publicUrl: {
    group,
    type: origin,
    unset: 'http://localhost:PORT',
    about: 'The address by which callers know this server. It is the issuer of the tokens.',
  },
  audience: {
    group,
    type: text('TEXT', 'text that is not empty'),
    unset: 'the public URL with /graphql behind it',
    about: 'Whom the access tokens are for (their "aud" claim).',
  },
  accessTokenLifetime: {
    group,
    type: duration('1m', '24h'),
    default: '1h',
    about: 'How long an access token is good.',
  },
  sessionIdleLifetime: {
    group,
    type: duration('1m', '3650d'),
    default: '30d',
    about: 'How long a session lives without a refresh; at least as long as an access token.',
  },
  sessionLifetime: {
    group,
    type: duration('1m', '3650d'),
    default: '90d',
    about: 'How long a session lives at all; at least the idle lifetime.',
  },
  sessionsPerUser: {
    group,
    type: integer(1, 10_000),
    default: 200,
    about: 'How many living sessions a user may have; a further sign-in ends the oldest.',
  },
  refreshRetryWindow: {
    group,
    type: duration('0s', '5m'),
    default: '30s',
    about:
      'How long after a refresh the last refresh token still gives the same answer, for callers whose answer was lost.',
  },
  signingAlgorithm: {
    group,
    type: oneOf('ES256', 'EdDSA', 'RS256'),
    default: 'ES256',
    about: 'How access tokens are signed.',
  },
  signingKeyLifetime: {
    group,
    type: duration('1h', '3650d'),
    default: '30d',
    about: 'How long a signing key signs, before the next one takes over by itself.',
  },
  revocationLimit: {
    group,
    type: integer(1_000, 100_000_000),
    default: 500_000,
    about:
      'How many ended sessions are kept in memory, about 100 bytes each, to refuse their access tokens. Beyond that the store is asked at each request.',
  },
} as const satisfies Record<string, Setting>;
