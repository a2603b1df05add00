import { StoreUnusableError } from '../store.js';

/** What Latchkey does as they say. */
const honoured = ['host', 'port', 'dbname', 'user', 'password', 'options'];
const ofTls = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];

/** What changes neither who is talked to nor how it is protected; Latchkey has its own for them. */
const harmless = [
  'application_name',
  'fallback_application_name',
  'client_encoding',
  'connect_timeout',
  'keepalives',
  'keepalives_idle',
  'keepalives_interval',
  'keepalives_count',
  'tcp_user_timeout',
];

const known = new Set([...honoured, ...ofTls, ...harmless]);

/** Values with which a parameter asks for no more than is done in any case. */
const doneAnyway = new Map([
  // A server that only reads is never used.
  ['target_session_attrs', ['any', 'read-write', 'primary']],
  ['channel_binding', ['disable', 'prefer']],
  ['gssencmode', ['disable', 'prefer']],
  ['sslnegotiation', ['postgres']],
]);

const hints = new Map([
  ['target_session_attrs', 'Latchkey uses the primary only'],
  ['channel_binding', 'sslmode=verify-full protects from the same'],
  ['ssl', 'write sslmode=verify-full'],
]);

/**
 * Refuses what is not understood, above all what would make the connection safer: whoever wrote it counts on it. Throws
 * StoreUnusableError, which names the parameter and not its value.
 */
export function checkParameters(parameters: URLSearchParams): void {
  for (const name of new Set(parameters.keys())) {
    const values = parameters.getAll(name);
    // Libraries do not agree which of them counts.
    if (values.length > 1) throw new StoreUnusableError(`The URL of the database has ${name} twice; write it once.`);
    if (known.has(name) || doneAnyway.get(name)?.includes(values[0] ?? '')) continue;
    const hint = hints.has(name) ? ` (${hints.get(name)})` : '';
    throw new StoreUnusableError(
      `The URL of the database has the parameter ${JSON.stringify(name)}, which Latchkey cannot follow; leave it out${hint}.`,
    );
  }
}
