import type { DatabaseSyncInstance as DatabaseSync } from '@photostructure/sqlite';
import type { Store } from '../store.js';
import type { GroupCommit } from './group-commit.js';
import type { Reader } from './reader.js';
import { toSigningKey } from './rows.js';

export function createSigningKeys(
  db: DatabaseSync,
  { write }: GroupCommit,
  { read }: Reader,
): Pick<Store, 'addFirstSigningKey' | 'listSigningKeys'> {
  const insertFirst = db.prepare(
    `INSERT INTO signing_keys (kid, algorithm, public_jwk, encrypted_private_key, created_at)
     SELECT ?1, ?2, ?3, ?4, ?5 WHERE NOT EXISTS (SELECT 1 FROM signing_keys WHERE algorithm = ?2)`,
  );
  const all = db.prepare('SELECT * FROM signing_keys ORDER BY created_at, kid');

  return {
    addFirstSigningKey: ({ kid, algorithm, publicJwk, encryptedPrivateKey, createdAt }) =>
      write(() => {
        insertFirst.run(kid, algorithm, publicJwk, encryptedPrivateKey, createdAt);
      }),
    listSigningKeys: () => read(() => all.all().map(toSigningKey)),
  };
}
