import type { Setting } from '../setting.js';
import { duration, integer, oneOf, postgresUrl, text } from '../types.js';

const group = 'A database for several nodes';

export const databaseSettings = {
  database: {
    group,
    type: postgresUrl,
    unset: 'everything is kept in the embedded store in the data directory',
    secret: true,
    about:
      'A PostgreSQL database, which any number of nodes may share. Prefer the environment: a password in it is then in no list of processes.',
  },
  databasePool: {
    group,
    type: integer(1, 200),
    default: 10,
    about: 'How many connections to the database a node keeps for its queries.',
  },
  databaseTimeout: {
    group,
    type: duration('100ms', '1m'),
    default: '5s',
    about: 'How long connecting to the database or a statement there may take.',
  },
  databaseTls: {
    group,
    type: oneOf('disable', 'require', 'verify-full'),
    unset: 'the sslmode of the URL; without one, verify-full, or disable for a database on this machine',
    about: 'How the connection is protected: not at all, encrypted only, or with the certificate and the name checked.',
  },
  databaseCa: {
    group,
    type: text('FILE', 'the path of a file with certificates in PEM'),
    unset: 'the certificate authorities that Node.js knows',
    about: "The certificate authority that signed the database's certificate.",
  },
} as const satisfies Record<string, Setting>;
