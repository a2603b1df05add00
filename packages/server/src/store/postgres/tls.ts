import { readFileSync } from 'node:fs';
import type { ConnectionOptions } from 'node:tls';
import { StoreUnusableError } from '../store.js';

export type TlsMode = 'disable' | 'require' | 'verify-full';

export interface TlsSettings {
  /** Wins over the sslmode of the URL. */
  readonly tls?: TlsMode | undefined;
  /** The path of a file with certificates in PEM; wins over the sslrootcert of the URL. */
  readonly caFile?: string | undefined;
}

/**
 * How to protect a connection to `host`: false is not at all. Reads the files that are named. Throws StoreUnusableError
 * for a mode that does not exist and for a file that cannot be read.
 */
export function chooseTls(host: string, parameters: URLSearchParams, settings: TlsSettings): ConnectionOptions | false {
  const caFile = settings.caFile ?? parameters.get('sslrootcert') ?? undefined;
  const mode = settings.tls ?? modeOf(parameters.get('sslmode'), caFile) ?? (isHere(host) ? 'disable' : 'verify-full');
  if (mode === 'disable') return false;
  const [cert, key] = [parameters.get('sslcert'), parameters.get('sslkey')];
  return {
    rejectUnauthorized: mode === 'verify-full',
    ...(caFile && { ca: read(caFile, '--database-ca') }),
    ...(cert && { cert: read(cert, 'sslcert') }),
    ...(key && { key: read(key, 'sslkey') }),
  };
}

function modeOf(sslmode: string | null, caFile: string | undefined): TlsMode | undefined {
  switch (sslmode) {
    case null:
      return undefined;
    case 'disable':
      return 'disable';
    // Falling back to plain text is what somebody in the middle would make it do.
    case 'allow':
    case 'prefer':
      return 'require';
    // As in libpq, an authority that is named is asked.
    case 'require':
      return caFile ? 'verify-full' : 'require';
    // A certificate that any customer of the authority can have proves nothing without the name in it.
    case 'verify-ca':
    case 'verify-full':
      return 'verify-full';
    default:
      throw new StoreUnusableError(
        `The database's URL has sslmode=${sslmode}; write disable, require or verify-full, or set --database-tls.`,
      );
  }
}

/** Whether what is sent there does not leave this machine. A path is that of a Unix socket. */
function isHere(host: string): boolean {
  return host.startsWith('/') || host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function read(file: string, setting: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new StoreUnusableError(
      `Cannot read ${file} (${(error as Error).message}); ${setting} must name a file in PEM that may be read.`,
      { cause: error },
    );
  }
}
