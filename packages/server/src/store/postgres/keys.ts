import type { Store } from '../store.js';
import { auditIf, auditValues } from './audit.js';
import { recordChange, wakeOthers } from './changes.js';
import type { Statement } from './connection.js';
import type { Connections } from './connections.js';
import { signingKeyColumns, toSigningKey } from './rows.js';

// The unique index decides: whoever comes second waits for the first to commit, and then adds nothing.
const insert: Statement = {
  name: 'latchkey_add_signing_key',
  text: `WITH added AS (
      INSERT INTO signing_keys (${signingKeyColumns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      ON CONFLICT (algorithm, number) DO NOTHING RETURNING kid),
    retired AS (
      UPDATE signing_keys SET retires_at = $9::BIGINT
      WHERE $9::BIGINT IS NOT NULL AND EXISTS (SELECT 1 FROM added)
        AND kid <> $1 AND (retires_at IS NULL OR retires_at > $9::BIGINT)),
    ${recordChange('NULL', '$10', 'added')},
    ${auditIf('added', 10)}
    SELECT kid, ${wakeOthers} FROM added`,
};

const all: Statement = {
  name: 'latchkey_signing_keys',
  text: `SELECT ${signingKeyColumns} FROM signing_keys ORDER BY created_at, kid`,
};

const replaceEncryption: Statement = {
  name: 'latchkey_replace_key_encryption',
  text: 'UPDATE signing_keys SET encrypted_private_key = $1 WHERE kid = $2 AND encrypted_private_key = $3',
};

export function createSigningKeys({
  run,
}: Connections): Pick<Store, 'addSigningKey' | 'listSigningKeys' | 'replaceKeyEncryption'> {
  return {
    addSigningKey: (key, { retireOthersAt }, entry) =>
      run(async (connection) => {
        const { rows } = await connection.query(insert, [
          key.kid,
          key.algorithm,
          key.number,
          key.publicJwk,
          key.encryptedPrivateKey,
          key.createdAt,
          key.signsFrom,
          key.retiresAt,
          retireOthersAt,
          ...auditValues(entry),
        ]);
        return rows.length > 0;
      }),
    listSigningKeys: () => run(async (connection) => (await connection.query(all, [])).rows.map(toSigningKey)),
    replaceKeyEncryption: ({ kid, from, to }) =>
      run(async (connection) => void (await connection.query(replaceEncryption, [to, kid, from]))),
  };
}
