import type { Setting } from '../setting.js';
import { duration, oneOf } from '../types.js';

const group = 'Running it';

export const runningSettings = {
  endedSessionRetention: {
    group,
    type: duration('1d', '3650d'),
    default: '7d',
    about: 'How long a session is kept after it has ended or expired.',
  },
  auditRetention: {
    group,
    type: duration('1d', '3650d'),
    default: '365d',
    about: 'How long a line of the audit is kept.',
  },
  usageRetention: {
    group,
    type: duration('31d', '3650d'),
    default: '400d',
    about: 'How long it is kept what each user has used; a bill of the last month needs 31d.',
  },
  shutdownTimeout: {
    group,
    type: duration('0s', '10m'),
    default: '30s',
    about: 'How long requests in flight may take to finish after SIGTERM.',
  },
  logLevel: {
    group,
    type: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent'),
    default: 'info',
    about: 'The least serious kind of message that is logged: fatal, error, warn, info, debug, or silent for none.',
  },
} as const satisfies Record<string, Setting>;
