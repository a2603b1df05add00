import type { Source } from './names.js';
import {
  bytes,
  duration,
  httpUrl,
  integer,
  list,
  map,
  network,
  oneOf,
  origin,
  postgresUrl,
  type Type,
  text,
} from './types.js';

export interface Setting {
  /** Heading under which help and the reference page show it. */
  readonly group: string;
  readonly type: Type<unknown>;
  /** As an operator would write it. A setting without one may stay unset. */
  readonly default?: unknown;
  /** What happens while it is unset. */
  readonly unset?: string;
  /** One sentence, or a few. */
  readonly about: string;
  /** Where it may come from; everywhere if not said. */
  readonly from?: readonly Source[];
  /** Its value is never shown. */
  readonly secret?: true;
}

const where = 'Where it listens and what it keeps';
const database = 'A database for several nodes';
const upstream = 'The API behind it';
const sessions = 'Tokens and sessions';
const passwords = 'Passwords';
const callers = 'Callers and limits';
const running = 'Running it';

const secretText = text('TEXT', 'at least 32 characters', /^.{32,}$/su);

const ourName = text(
  'NAME',
  'a name of ours (Type or Type.field, such as Viewer or Mutation.signIn)',
  /^(?!__)[A-Za-z_]\w*(\.(?!__)[A-Za-z_]\w*)?$/,
);
const graphqlName = text(
  'NAME',
  'a GraphQL name (letters, digits and _, no digit first, not starting with __)',
  /^(?!__)[A-Za-z_]\w*$/,
);

/** Every setting. Flags, environment names, file keys, help, types and the reference page are made from this table. */
export const settings = {
  config: {
    group: where,
    type: text('FILE', 'the path of a JSON file'),
    unset: 'no file is read',
    from: ['flag', 'env'],
    about: 'A JSON file with any of the settings that may come from a file.',
  },
  port: {
    group: where,
    type: integer(0, 65_535),
    default: 4000,
    about: 'The TCP port to listen on; 0 takes any free one.',
  },
  host: {
    group: where,
    type: text('HOST', 'a host name or an IP address', /^[\w.:%-]+$/),
    default: '127.0.0.1',
    about: 'The address to listen on; 0.0.0.0 or :: is every address of the machine.',
  },
  data: {
    group: where,
    type: text('DIR', 'the path of a directory'),
    default: './latchkey-data',
    about: 'The directory of the embedded store: users, sessions, keys. It is made if it is not there.',
  },
  secret: {
    group: where,
    type: secretText,
    unset:
      'the file "secret" in the data directory, made at the first start and readable by its owner only; with a database it must be given',
    from: ['env'],
    secret: true,
    about:
      'What every key is derived from. Whoever has it and the data can forge tokens. Data made with one secret is refused with another.',
  },
  secretPrevious: {
    group: where,
    type: secretText,
    unset: 'only the one secret is known',
    from: ['env'],
    secret: true,
    about:
      'Another secret that is accepted for reading, while the secret is being changed: what was made with it stays good.',
  },
  database: {
    group: database,
    type: postgresUrl,
    unset: 'everything is kept in the embedded store in the data directory',
    secret: true,
    about:
      'A PostgreSQL database, which any number of nodes may share. Prefer the environment: a password in it is then in no list of processes.',
  },
  databasePool: {
    group: database,
    type: integer(1, 200),
    default: 10,
    about: 'How many connections to the database a node keeps for its queries.',
  },
  databaseTimeout: {
    group: database,
    type: duration('100ms', '1m'),
    default: '5s',
    about: 'How long connecting to the database or a statement there may take.',
  },
  databaseTls: {
    group: database,
    type: oneOf('disable', 'require', 'verify-full'),
    unset: 'the sslmode of the URL; without one, verify-full, or disable for a database on this machine',
    about: 'How the connection is protected: not at all, encrypted only, or with the certificate and the name checked.',
  },
  databaseCa: {
    group: database,
    type: text('FILE', 'the path of a file with certificates in PEM'),
    unset: 'the certificate authorities that Node.js knows',
    about: "The certificate authority that signed the database's certificate.",
  },
  upstream: {
    group: upstream,
    type: httpUrl,
    unset: 'only the operations of Latchkey are served',
    about: 'The GraphQL endpoint of the API that Latchkey stands in front of.',
  },
  upstreamTimeout: {
    group: upstream,
    type: duration('100ms', '10m'),
    default: '30s',
    about: 'How long the upstream may take to answer.',
  },
  rename: {
    group: upstream,
    type: map(ourName, graphqlName),
    default: {},
    from: ['file'],
    about: 'New names for ours where the upstream has the same, such as { "Query.viewer": "me", "Viewer": "Person" }.',
  },
  publicUrl: {
    group: sessions,
    type: origin,
    unset: 'http://localhost:PORT',
    about: 'The address by which callers know this server. It is the issuer of the tokens.',
  },
  audience: {
    group: sessions,
    type: text('TEXT', 'text that is not empty'),
    unset: 'the public URL with /graphql behind it',
    about: 'Whom the access tokens are for (their "aud" claim).',
  },
  accessTokenLifetime: {
    group: sessions,
    type: duration('1m', '24h'),
    default: '1h',
    about: 'How long an access token is good.',
  },
  sessionIdleLifetime: {
    group: sessions,
    type: duration('1m', '3650d'),
    default: '30d',
    about: 'How long a session lives without a refresh; at least as long as an access token.',
  },
  sessionLifetime: {
    group: sessions,
    type: duration('1m', '3650d'),
    default: '90d',
    about: 'How long a session lives at all; at least the idle lifetime.',
  },
  sessionsPerUser: {
    group: sessions,
    type: integer(1, 10_000),
    default: 200,
    about: 'How many living sessions a user may have; a further sign-in ends the oldest.',
  },
  refreshRetryWindow: {
    group: sessions,
    type: duration('0s', '5m'),
    default: '30s',
    about:
      'How long after a refresh the last refresh token still gives the same answer, for callers whose answer was lost.',
  },
  signingAlgorithm: {
    group: sessions,
    type: oneOf('ES256', 'EdDSA', 'RS256'),
    default: 'ES256',
    about: 'How access tokens are signed.',
  },
  signingKeyLifetime: {
    group: sessions,
    type: duration('1h', '3650d'),
    default: '30d',
    about: 'How long a signing key signs, before the next one takes over by itself.',
  },
  revocationLimit: {
    group: sessions,
    type: integer(1_000, 100_000_000),
    default: 500_000,
    about:
      'How many ended sessions are kept in memory, about 100 bytes each, to refuse their access tokens. Beyond that the store is asked at each request.',
  },
  endedSessionRetention: {
    group: running,
    type: duration('1d', '3650d'),
    default: '7d',
    about: 'How long a session is kept after it has ended or expired.',
  },
  auditRetention: {
    group: running,
    type: duration('1d', '3650d'),
    default: '365d',
    about: 'How long a line of the audit is kept.',
  },
  passwordMinLength: {
    group: passwords,
    type: integer(8, 128),
    default: 15,
    about: 'The fewest characters that a new password may have.',
  },
  passwordMaxBytes: {
    group: passwords,
    type: integer(64, 4096),
    default: 1024,
    about: 'The most bytes that a password may have in UTF-8. A longer one is refused before it is hashed.',
  },
  hashQueue: {
    group: passwords,
    type: integer(1, 10_000),
    default: 64,
    about: 'How many sign-ins may wait for a password hash. More are answered with OVERLOADED at once.',
  },
  corsOrigins: {
    group: callers,
    type: list(origin),
    default: [],
    about: 'The origins whose pages may call the endpoint from a browser.',
  },
  trustedProxies: {
    group: callers,
    type: list(network),
    default: [],
    about: 'The proxies whose X-Forwarded-For is believed.',
  },
  bodyLimit: {
    group: callers,
    type: bytes('1KiB', '64MiB'),
    default: '1MiB',
    about: 'The largest request body that is accepted.',
  },
  documentMaxTokens: {
    group: callers,
    type: integer(100, 1_000_000),
    default: 10_000,
    about: 'The most tokens that a GraphQL document may have.',
  },
  documentMaxDepth: {
    group: callers,
    type: integer(5, 1000),
    default: 50,
    about: 'The deepest nesting that a GraphQL document may have.',
  },
  documentCache: {
    group: callers,
    type: integer(1, 100_000),
    default: 1000,
    about: 'How many parsed and planned documents are kept in memory.',
  },
  requestTimeout: {
    group: callers,
    type: duration('1s', '10m'),
    default: '30s',
    about: 'How long a caller may take to send a request.',
  },
  shutdownTimeout: {
    group: running,
    type: duration('0s', '10m'),
    default: '30s',
    about: 'How long requests in flight may take to finish after SIGTERM.',
  },
  logLevel: {
    group: running,
    type: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'silent'),
    default: 'info',
    about: 'The least serious kind of message that is logged: fatal, error, warn, info, debug, or silent for none.',
  },
} as const satisfies Record<string, Setting>;

export type SettingKey = keyof typeof settings;

type Value<S> = S extends { type: Type<infer T> } ? (S extends { default: unknown } ? T : T | undefined) : never;

/** The settings as the program uses them: durations in milliseconds, sizes in bytes, lists as arrays. */
export type Config = { readonly [Key in SettingKey]: Value<(typeof settings)[Key]> };

/** The settings with their keys, in the order of the table. */
export function listSettings(): readonly { readonly key: SettingKey; readonly setting: Setting }[] {
  return (Object.keys(settings) as SettingKey[]).map((key) => ({ key, setting: settings[key] }));
}
