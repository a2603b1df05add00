import { join, resolve } from 'node:path';
import { loadConfig } from '../config/load.js';
import type { Config } from '../config/schema.js';
import type { BackupSummary } from '../store/sqlite/backup.js';
import type { Command } from './command.js';
import { exitCodes } from './failure.js';
import { interruptible } from './interruptible.js';
import { createProgress } from './progress.js';
import { storeSettings } from './store-settings.js';
import { counted } from './table.js';
import { UsageError } from './usage-error.js';

export const backup: Command = {
  name: 'backup',
  summary: 'Copy the embedded store to a file, also while a server runs.',
  about:
    'Copies the embedded store as it is at one moment into a new file that only its owner can read, and checks the ' +
    'copy. The secret is not in it and must be kept too. To restore, put the file into a data directory as ' +
    'latchkey.db, with its secret, and start the server there.',
  args: ['FILE'],
  options: { json: { about: 'Print one JSON object.' } },
  settings: storeSettings,
  examples: [
    'latchkey backup /backups/latchkey-monday.db',
    'latchkey backup monday.db --data /var/lib/latchkey --json',
  ],
  async run({ args: [name = ''], flags, env, io }) {
    const config = loadConfig({ flags, env });
    if (config.database !== undefined) {
      throw new UsageError('Only the embedded store is copied; for a PostgreSQL database use pg_dump.');
    }
    const file = resolve(name);
    const progress = createProgress(io.stderr, 'Copying');
    const { backupSqliteStore } = await import('../store/sqlite/backup.js');
    const summary = await interruptible((signal) =>
      backupSqliteStore({ directory: config.data, file, onProgress: progress.update, signal }),
    ).finally(progress.end);
    const secret = secretOf(config);
    io.stdout.write(flags.json ? `${JSON.stringify({ file, ...summary, secret })}\n` : inWords(file, summary, secret));
    return exitCodes.done;
  },
};

/** Where the secret is, never what it is. */
function secretOf({ secret, data }: Config): string {
  return secret === undefined ? resolve(join(data, 'secret')) : 'LATCHKEY_SECRET';
}

function inWords(file: string, { users, sessions, bytes }: BackupSummary, secret: string): string {
  return (
    `Copied ${counted(users, 'user')} and ${counted(sessions, 'session')} into ${file} (${bytes} bytes), and checked the copy.\n` +
    `The secret is not in it. Keep it too, in another place: ${secret}\n`
  );
}
