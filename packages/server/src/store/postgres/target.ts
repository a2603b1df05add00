import type { ConnectionOptions } from 'node:tls';
import { StoreUnusableError } from '../store.js';
import { checkParameters } from './parameters.js';
import { chooseTls, type TlsSettings } from './tls.js';

/** Where the database is and who asks. What is undefined, the driver takes from PGUSER, PGPASSWORD, PGDATABASE and the like. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly database: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly options: string | undefined;
  readonly ssl: ConnectionOptions | false;
  /** For messages: host, port and database, never the password. */
  readonly name: string;
}

/**
 * Reads a postgres:// URL. The driver's own reader is not used: it has other meanings for the ssl parameters.
 * Throws StoreUnusableError.
 */
export function readTarget(url: string, tls: TlsSettings): Target {
  try {
    if (severalHosts.test(url)) throw new StoreUnusableError(nameOne);
    const { hostname, port, username, password, pathname, hash, search, searchParams } = new URL(url);
    // A /, # or ? in a password that is not written as %XX: the first half would be a port, which messages name.
    if (hash || `${pathname}${search}`.includes('@')) throw new TypeError('Invalid URL');
    checkParameters(searchParams);
    const given = (parameter: string, part: string) => searchParams.get(parameter) || decodeURIComponent(part);
    const host = given('host', hostname.replace(/^\[(.+)\]$/, '$1')) || 'localhost';
    if (host.includes(',')) throw new StoreUnusableError(nameOne);
    const target = {
      host,
      port: readPort(given('port', port) || '5432'),
      database: given('dbname', pathname.slice(1)) || undefined,
      user: given('user', username) || undefined,
      password: given('password', password) || undefined,
      options: searchParams.get('options') || undefined,
    };
    const place = host.includes(':') ? `[${host}]:${target.port}` : `${host}:${target.port}`;
    return {
      ...target,
      ssl: chooseTls(host, searchParams, tls),
      name: target.database ? `${place}/${target.database}` : place,
    };
  } catch (error) {
    if (error instanceof StoreUnusableError) throw error;
    // The error of the parser would quote the URL, and the password in it.
    throw new StoreUnusableError(
      'The URL of the database cannot be read; write it as postgres://USER:PASSWORD@HOST:5432/DATABASE, special characters in a part as %XX.',
    );
  }
}

/** Also h1:1,h2:2, which the parser refuses. Not where an @ follows: the comma may be one of the password. */
const severalHosts = /^\w+:\/\/(?:[^@/?#]*@)?[^@/?#]*,[^@/?#]*(?:[/?#][^@]*)?$/;

const nameOne =
  'The URL of the database names several hosts; name one host, the one that always leads to the server that writes.';

/** Several of them are those of several hosts. */
function readPort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new StoreUnusableError('The URL of the database names a port that is none; write one number from 1 to 65535.');
}
