import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ConfigError } from '../config/error.js';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import { loadSecretFile } from '../config/secret-file.js';
import type { TransferSummary } from '../store/transfer/transfer.js';
import type { Command, Flags } from './command.js';
import { exitCodes } from './failure.js';
import { interruptible } from './interruptible.js';
import type { Io } from './io.js';
import { createProgress } from './progress.js';
import { storeSettings } from './store-settings.js';
import { counted } from './table.js';
import { UsageError } from './usage-error.js';

export const migrate: Command = {
  name: 'migrate',
  summary: 'Move everything from the embedded store to PostgreSQL.',
  about:
    'Copies users, sessions, signing keys, usage and the audit into an empty PostgreSQL database, and checks the copy. Stop ' +
    'the server first: what changes meanwhile is not copied. Where it is interrupted, the same command goes on where it ' +
    'was. The tokens that callers have stay good.',
  args: [],
  options: {
    from: {
      placeholder: 'sqlite:PATH',
      about: 'A data directory, or a file that "latchkey backup" made. Default: that of --data.',
    },
    to: {
      placeholder: 'postgres://…',
      about: 'The database. Default: that of --database. Prefer LATCHKEY_DATABASE: it may have a password in it.',
    },
    json: { about: 'Print one JSON object.' },
  },
  settings: storeSettings,
  examples: [
    'latchkey migrate --from sqlite:/var/lib/latchkey --to postgres://db.example.com/latchkey',
    'LATCHKEY_DATABASE=postgres://… latchkey migrate --data /var/lib/latchkey',
  ],
  async run({ flags, env, io }) {
    const config = loadConfig({ flags, env, defaults: { logLevel: 'warn' } });
    const { path, url } = placesOf(flags, config);
    const { findSqliteFile } = await import('../store/sqlite/transfer.js');
    const file = findSqliteFile(path);
    const secret = readSecret(config, dirname(file));
    // Better before than after: then nothing was copied. A copy under another name cannot be opened as a store.
    if (basename(file) === 'latchkey.db') {
      await checkSecret({ ...config, database: undefined, data: dirname(file), secret });
    }
    const copied = await copyInto({ ...config, database: url }, file, io);
    await checkSecret({ ...config, database: url, secret });
    io.stdout.write(flags.json ? `${JSON.stringify(copied)}\n` : inWords(copied));
    return exitCodes.done;
  },
};

function placesOf({ from, to }: Flags, { data, database }: Config) {
  if (typeof from === 'string' && !/^sqlite:./.test(from)) {
    throw new UsageError(`--from is "${from.split(':')[0]}:…"; write --from sqlite:DIRECTORY.`);
  }
  const url = typeof to === 'string' ? to : database;
  if (url === undefined) throw new UsageError('Say where to: --to postgres://…, or LATCHKEY_DATABASE.');
  // Not repeated: there may be a password in it.
  if (!/^postgres(ql)?:\/\//.test(url)) throw new UsageError('--to must be a URL that begins with postgres://.');
  return { path: typeof from === 'string' ? from.slice('sqlite:'.length) : data, url };
}

function readSecret({ secret }: Config, directory: string): string {
  if (secret !== undefined) return secret;
  // Asked for first, as reading it makes one where there is none.
  if (existsSync(join(directory, 'secret'))) return loadSecretFile(directory);
  throw new ConfigError(`There is no secret beside the store in ${directory}; set LATCHKEY_SECRET to the one it has.`);
}

async function copyInto(
  config: Config & { readonly database: string },
  file: string,
  io: Io,
): Promise<TransferSummary> {
  const { openPostgresDestination } = await import('../store/postgres/transfer.js');
  const { openSqliteSource } = await import('../store/sqlite/transfer.js');
  const { transfer } = await import('../store/transfer/transfer.js');
  const destination = await openPostgresDestination({
    url: config.database,
    timeout: config.databaseTimeout,
    tls: config.databaseTls,
    caFile: config.databaseCa,
  });
  const progress = createProgress(io.stderr, 'Copying');
  try {
    const source = openSqliteSource(file);
    try {
      return await interruptible((signal) => transfer(source, destination, { onProgress: progress.update, signal }));
    } finally {
      source.close();
    }
  } finally {
    progress.end();
    await destination.close();
  }
}

/** Opens it as a server does: that the secret opens the signing keys is what signing in needs. */
async function checkSecret(config: Config): Promise<void> {
  const { openDomain } = await import('../open-domain.js');
  const { close } = await openDomain(config);
  await close();
}

function inWords({ users = 0, sessions = 0, signing_keys = 0, audit = 0 }: TransferSummary): string {
  return (
    `Copied ${counted(users, 'user')}, ${counted(sessions, 'session')}, ${counted(signing_keys, 'signing key')} and ` +
    `${counted(audit, 'line')} of the audit; the ` +
    'counts agree and the secret opens the signing keys.\n' +
    'Now start every node with LATCHKEY_DATABASE and the same LATCHKEY_SECRET (of an embedded store it is what the ' +
    'file "secret" holds), and keep the old store until you have seen them serve.\n'
  );
}
