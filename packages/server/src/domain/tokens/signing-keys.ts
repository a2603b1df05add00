import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { base64url } from '../../lib/base64url.js';
import { type SigningKeyRecord, type Store, StoreUnusableError } from '../../store/store.js';
import { generatePrivateKey, type SigningAlgorithm } from './algorithms.js';

export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The encoded JOSE header of every token that this key signs, byte for byte. */
  readonly header: string;
}

export interface SigningKeys {
  readonly current: SigningKey;
  /** Keyed by encoded header. */
  readonly byHeader: ReadonlyMap<string, SigningKey>;
  /** The JWK set for /.well-known/jwks.json, as JSON: public members only (RFC 7517 §5). */
  readonly jwks: string;
}

/**
 * Loads the keys, making the first one where there is none for the algorithm. Keys of other algorithms go
 * on verifying: changing the setting logs nobody out. Throws StoreUnusableError if the secret does not fit.
 */
export async function loadSigningKeys(
  store: Store,
  encryptionKey: Buffer,
  algorithm: SigningAlgorithm,
  now: number,
): Promise<SigningKeys> {
  let records = await store.listSigningKeys();
  if (!records.some((record) => record.algorithm === algorithm)) {
    await store.addFirstSigningKey(await createSigningKey(algorithm, encryptionKey, now));
    records = await store.listSigningKeys();
  }
  const keys = records.map((record) => openSigningKey(record, encryptionKey));
  const current = keys.findLast((key) => key.algorithm === algorithm);
  if (!current) throw new StoreUnusableError('The store did not keep the signing key that it was given.');
  return {
    current,
    byHeader: new Map(keys.map((key) => [key.header, key])),
    jwks: JSON.stringify({ keys: records.map((record) => JSON.parse(record.publicJwk)) }),
  };
}

async function createSigningKey(
  algorithm: SigningAlgorithm,
  encryptionKey: Buffer,
  now: number,
): Promise<SigningKeyRecord> {
  const privateKey = await generatePrivateKey(algorithm);
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  const kid = thumbprint(jwk);
  return {
    kid,
    algorithm,
    publicJwk: JSON.stringify({ ...jwk, kid, alg: algorithm, use: 'sig' }),
    encryptedPrivateKey: encrypt(encryptionKey, kid, privateKey.export({ format: 'der', type: 'pkcs8' })),
    createdAt: now,
  };
}

function openSigningKey(record: SigningKeyRecord, encryptionKey: Buffer): SigningKey {
  const der = decrypt(encryptionKey, record.kid, record.encryptedPrivateKey);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const algorithm = record.algorithm as SigningAlgorithm;
  return {
    kid: record.kid,
    algorithm,
    privateKey,
    publicKey: createPublicKey(privateKey),
    header: base64url(JSON.stringify({ alg: algorithm, typ: 'at+jwt', kid: record.kid })),
  };
}

/** The key's name is made of the key: RFC 7638 §3, the required members in alphabetical order. */
function thumbprint(jwk: JsonWebKey): string {
  const { crv, e, kty, n, x, y } = jwk;
  return createHash('sha256').update(JSON.stringify({ crv, e, kty, n, x, y })).digest('base64url');
}

type JsonWebKey = ReturnType<KeyObject['export']> & Record<string, unknown>;

const ivLength = 12;
const tagLength = 16;

function encrypt(key: Buffer, kid: string, plain: Buffer): Buffer {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(kid));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, kid: string, sealed: Uint8Array): Buffer {
  const bytes = Buffer.from(sealed);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivLength), { authTagLength: tagLength })
      .setAAD(Buffer.from(kid))
      .setAuthTag(bytes.subarray(-tagLength));
    return Buffer.concat([decipher.update(bytes.subarray(ivLength, -tagLength)), decipher.final()]);
  } catch (error) {
    throw new StoreUnusableError(
      'The secret does not fit the data: the signing keys were encrypted under another one. Start with the LATCHKEY_SECRET (or the secret file) that this data was made with.',
      { cause: error },
    );
  }
}
