import type { Setting } from '../setting.js';
import { bytes, duration, integer, list, network, origin } from '../types.js';

const group = 'Callers and limits';

export const callersSettings = {
  corsOrigins: {
    group,
    type: list(origin),
    default: [],
    about: 'The origins whose pages may call the endpoint from a browser.',
  },
  trustedProxies: {
    group,
    type: list(network),
    default: [],
    about: 'The proxies whose X-Forwarded-For is believed.',
  },
  callerRate: {
    group,
    type: integer(1, 1_000_000),
    default: 10_000,
    about: 'How many requests per second a caller may send for long.',
  },
  callerBurst: {
    group,
    type: integer(1, 100_000_000),
    default: 100_000,
    about: 'How many requests a caller may send at once after a pause.',
  },
  callerConcurrency: {
    group,
    type: integer(1, 100_000),
    default: 500,
    about: 'How many requests of a caller may be in work at the same time.',
  },
  quotaPerDay: {
    group,
    type: integer(0, 1_000_000_000_000),
    unset: 'there is no quota',
    about:
      'How many requests a user may send to the upstream in a day (UTC), unless "latchkey user quota" gave another number.',
  },
  requestTimeout: {
    group,
    type: duration('1s', '10m'),
    default: '30s',
    about: 'How long a caller may take to send a request; with files, up to the first of them, and between two pieces.',
  },
  bodyLimit: {
    group,
    type: bytes('1KiB', '64MiB'),
    default: '1MiB',
    about: 'The largest request body that is accepted.',
  },
  uploadLimit: {
    group,
    type: bytes('1KiB', '100GiB'),
    default: '100MiB',
    about: 'The largest upload that is accepted, all its files together. It is passed on as it comes, not kept.',
  },
  uploadFiles: {
    group,
    type: integer(1, 1_000),
    default: 10,
    about: 'The most files that an upload may have.',
  },
} as const satisfies Record<string, Setting>;
