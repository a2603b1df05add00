import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import type { Store } from '../store.js';
import type { AppendAudit } from './audit.js';
import type { GroupCommit } from './group-commit.js';
import type { Reader } from './reader.js';
import { toSigningKey } from './rows.js';

export function createSigningKeys(
  db: DatabaseSync,
  { write }: GroupCommit,
  { read }: Reader,
  audit: AppendAudit,
): Pick<Store, 'addSigningKey' | 'listSigningKeys' | 'replaceKeyEncryption'> {
  const insert = db.prepare(
    `INSERT INTO signing_keys (kid, algorithm, number, public_jwk, encrypted_private_key, created_at, signs_from, retires_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (algorithm, number) DO NOTHING`,
  );
  const retireOthers = db.prepare(
    'UPDATE signing_keys SET retires_at = ?1 WHERE kid <> ?2 AND (retires_at IS NULL OR retires_at > ?1)',
  );
  const recordChange = db.prepare('INSERT INTO changes (at, session_id) VALUES (?, NULL)');
  const all = db.prepare('SELECT * FROM signing_keys ORDER BY created_at, kid');
  const replaceEncryption = db.prepare(
    'UPDATE signing_keys SET encrypted_private_key = ? WHERE kid = ? AND encrypted_private_key = ?',
  );

  return {
    addSigningKey: (key, { retireOthersAt }, entry) =>
      write(() => {
        const { kid, algorithm, number, publicJwk, encryptedPrivateKey, createdAt, signsFrom, retiresAt } = key;
        const added = insert.run(
          kid,
          algorithm,
          number,
          publicJwk,
          encryptedPrivateKey,
          createdAt,
          signsFrom,
          retiresAt,
        ).changes;
        if (added === 0) return false;
        if (retireOthersAt !== null) retireOthers.run(retireOthersAt, kid);
        recordChange.run(entry.at);
        audit(entry);
        return true;
      }),
    listSigningKeys: () => read(() => all.all().map(toSigningKey)),
    replaceKeyEncryption: ({ kid, from, to }) =>
      write(() => {
        replaceEncryption.run(to, kid, from);
      }),
  };
}
