import type { Setting } from '../setting.js';
import { integer, text } from '../types.js';

const group = 'Where it listens and what it keeps';

const secretText = text('TEXT', 'at least 32 characters', /^.{32,}$/su);

export const placeSettings = {
  config: {
    group,
    type: text('FILE', 'the path of a JSON file'),
    unset: 'no file is read',
    from: ['flag', 'env'],
    about: 'A JSON file with any of the settings that may come from a file.',
  },
  port: {
    group,
    type: integer(0, 65_535),
    default: 4000,
    about: 'The TCP port to listen on; 0 takes any free one.',
  },
  host: {
    group,
    type: text('HOST', 'a host name or an IP address', /^[\w.:%-]+$/),
    default: '127.0.0.1',
    about: 'The address to listen on; 0.0.0.0 or :: is every address of the machine.',
  },
  data: {
    group,
    type: text('DIR', 'the path of a directory'),
    default: './latchkey-data',
    about: 'The directory of the embedded store: users, sessions, keys. It is made if it is not there.',
  },
  secret: {
    group,
    type: secretText,
    unset:
      'the file "secret" in the data directory, made at the first start and readable by its owner only; with a database it must be given',
    from: ['env'],
    secret: true,
    about:
      'What every key is derived from. Whoever has it and the data can forge tokens. Data made with one secret is refused with another.',
  },
  secretPrevious: {
    group,
    type: secretText,
    unset: 'only the one secret is known',
    from: ['env'],
    secret: true,
    about:
      'Another secret that is accepted for reading, while the secret is being changed: what was made with it stays good.',
  },
} as const satisfies Record<string, Setting>;
