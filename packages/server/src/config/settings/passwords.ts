import type { Setting } from '../setting.js';
import { integer } from '../types.js';

const group = 'Passwords';

export const passwordsSettings = {
  passwordMinLength: {
    group,
    type: integer(8, 128),
    default: 15,
    about: 'The fewest characters that a new password may have.',
  },
  passwordMaxBytes: {
    group,
    type: integer(64, 4096),
    default: 1024,
    about: 'The most bytes that a password may have in UTF-8. A longer one is refused before it is hashed.',
  },
  hashQueue: {
    group,
    type: integer(1, 10_000),
    default: 64,
    about: 'How many sign-ins may wait for a password hash. More are answered with OVERLOADED at once.',
  },
} as const satisfies Record<string, Setting>;
