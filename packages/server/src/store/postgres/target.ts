import type { ConnectionOptions } from 'node:tls';
import { StoreUnusableError } from '../store.js';
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
    const { hostname, port, username, password, pathname, hash, searchParams } = new URL(url);
    // A / or # in a password that is not written as %XX: the rest of it would be the name of the database.
    if (hash || pathname.includes('@')) throw new TypeError('Invalid URL');
    const given = (parameter: string, part: string) => searchParams.get(parameter) || decodeURIComponent(part);
    const host = given('host', hostname.replace(/^\[(.+)\]$/, '$1')) || 'localhost';
    const target = {
      host,
      port: Number(given('port', port) || 5432),
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
