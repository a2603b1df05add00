import { StoreUnusableError } from '../store.js';
import { codeOf, messageOf, poolerRemedy } from './failures.js';
import type { Target } from './target.js';

const whereNobodyAnswers = 'check that it runs, and that the URL names the right host and port';

/**
 * What keeps the database from being used, in one line that says what to do: `otherwise`, where nothing better is
 * known of the error. The password is in none.
 */
export function unusable(target: Target, error: unknown, otherwise = whereNobodyAnswers): StoreUnusableError {
  if (error instanceof StoreUnusableError) return error;
  const remedy = findRemedy(error) ?? otherwise;
  return new StoreUnusableError(`Cannot use the database ${target.name} (${messageOf(error)}); ${remedy}.`, {
    cause: error,
  });
}

function findRemedy(error: unknown): string | undefined {
  const code = codeOf(error) ?? '';
  const message = messageOf(error);
  if (message === 'The server does not support SSL connections') {
    return 'turn on TLS in the server, or give --database-tls disable if the network between is safe';
  }
  if (/certificate|CERT|ALTNAME|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    return 'name the authority that signed its certificate with --database-ca, and the host as the certificate does, or give --database-tls require to go without the check';
  }
  if (/^ERR_(SSL|TLS)|EPROTO/.test(code)) return 'check the TLS settings of the server, and --database-tls';
  return poolerRemedy(error) ?? remedies[code];
}

const wrongLogin = 'check the user and the password in the URL';

const remedies: Readonly<Record<string, string>> = {
  '28P01': wrongLogin,
  '28000': 'check the user and the password in the URL, and what the pg_hba.conf of the server allows',
  '3D000': 'make it with CREATE DATABASE, or name another in the URL',
  '3F000': 'make a schema that the search_path of the user names',
  '25006': 'name the primary in the URL',
  '42501': 'give the user the right to create tables in it, for example as the OWNER of the database',
  '53100': 'make room on the disk of the server',
  '53300': 'raise max_connections of the server, or give the nodes fewer connections with --database-pool',
  // Only the end of a migration can meet it: it is when the foreign key is put back.
  '23503':
    'the store to copy from refers to something that it does not hold: find that with PRAGMA foreign_key_check in its file, and mend or remove it',
  '55P03': 'something else is working on its tables: try again when that is done',
  ENOTFOUND: 'check the host in the URL',
  EAI_AGAIN: 'check the host in the URL, and that names can be looked up',
};
