import { StoreUnusableError } from '../store.js';
import { codeOf, messageOf } from './failures.js';
import type { Target } from './target.js';

/** What keeps the database from being opened, in one line that says what to do. The password is in none. */
export function unusable(target: Target, error: unknown): StoreUnusableError {
  if (error instanceof StoreUnusableError) return error;
  return new StoreUnusableError(`Cannot use the database ${target.name} (${messageOf(error)}); ${remedy(error)}.`, {
    cause: error,
  });
}

function remedy(error: unknown): string {
  const code = codeOf(error) ?? '';
  const message = messageOf(error);
  if (message === 'The server does not support SSL connections') {
    return 'turn on TLS in the server, or give --database-tls disable if the network between is safe';
  }
  if (/certificate|CERT|ALTNAME|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    return 'name the authority that signed its certificate with --database-ca, and the host as the certificate does, or give --database-tls require to go without the check';
  }
  if (/^ERR_(SSL|TLS)|EPROTO/.test(code)) return 'check the TLS settings of the server, and --database-tls';
  return remedies[code] ?? 'check that it runs, and that the URL names the right host and port';
}

const wrongLogin = 'check the user and the password in the URL';

const remedies: Readonly<Record<string, string>> = {
  '28P01': wrongLogin,
  '28000': 'check the user and the password in the URL, and what the pg_hba.conf of the server allows',
  '3D000': 'make it with CREATE DATABASE, or name another in the URL',
  '3F000': 'make a schema that the search_path of the user names',
  '25006': 'name the primary in the URL',
  '42501': 'give the user the right to create tables in it, for example as the OWNER of the database',
  '53300': 'raise max_connections of the server, or give the nodes fewer connections with --database-pool',
  '55P03': 'another node is changing its schema: start this one again when that is done',
  ENOTFOUND: 'check the host in the URL',
  EAI_AGAIN: 'check the host in the URL, and that names can be looked up',
};
