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
import type { SigningKeyRecord } from '../../store/store.js';
import { algorithmOf, generatePrivateKey, type SigningAlgorithm } from './algorithms.js';

export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  /** The encoded JOSE header of every token that this key signs, byte for byte. */
  readonly header: string;
}

/** The first encrypts; each of them may decrypt. 32 bytes each. */
export type EncryptionKeys = readonly [Buffer, ...Buffer[]];

/** Makes a key pair, on the thread pool, and seals the private half under `encryptionKey`. Times in milliseconds. */
export async function createSigningKey(
  encryptionKey: Buffer,
  fields: { algorithm: SigningAlgorithm; number: number; createdAt: number; signsFrom: number },
): Promise<SigningKeyRecord> {
  const privateKey = await generatePrivateKey(fields.algorithm);
  const jwk = publicJwkOf(createPublicKey(privateKey), fields.algorithm);
  return {
    ...fields,
    kid: jwk.kid,
    publicJwk: JSON.stringify(jwk),
    encryptedPrivateKey: encrypt(encryptionKey, jwk.kid, exportPrivate(privateKey)),
    retiresAt: null,
  };
}

/**
 * Opens a key with the first of the encryption keys that fits, and says whether that was the first at all: if not,
 * `resealed` is the private half under the first. Undefined if none fits. Nothing is taken from the public half that
 * is stored: whoever can write to the database must not get a key of theirs in.
 */
export function openSigningKey(
  { kid, algorithm, encryptedPrivateKey }: SigningKeyRecord,
  encryptionKeys: EncryptionKeys,
): { readonly key: SigningKey; readonly resealed: Buffer | undefined } | undefined {
  for (const encryptionKey of encryptionKeys) {
    const der = decrypt(encryptionKey, kid, encryptedPrivateKey);
    if (!der) continue;
    const key = toSigningKey(kid, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
    if (key.algorithm !== algorithm) return undefined;
    const [first] = encryptionKeys;
    return { key, resealed: encryptionKey === first ? undefined : encrypt(first, kid, der) };
  }
  return undefined;
}

/** The members that everybody may know (RFC 7517 §4). */
export function publicJwkOf(publicKey: KeyObject, alg: SigningAlgorithm) {
  const jwk = publicKey.export({ format: 'jwk' });
  return { ...jwk, kid: thumbprint(jwk), alg, use: 'sig' };
}

function toSigningKey(kid: string, privateKey: KeyObject): SigningKey {
  const algorithm = algorithmOf(privateKey);
  return {
    kid,
    algorithm,
    privateKey,
    publicKey: createPublicKey(privateKey),
    header: headerOf(algorithm, kid),
  };
}

/** The encoded JOSE header, of an access token if `typ` is not given (RFC 9068 §2.1). */
export function headerOf(alg: string, kid: string, typ = 'at+jwt'): string {
  return base64url(JSON.stringify({ alg, typ, kid }));
}

function exportPrivate(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'pkcs8' });
}

type JsonWebKey = ReturnType<KeyObject['export']> & Record<string, unknown>;

/** The key's name is made of the key: RFC 7638 §3, the required members in alphabetical order. */
function thumbprint(jwk: JsonWebKey): string {
  const { crv, e, kty, n, x, y } = jwk;
  return createHash('sha256').update(JSON.stringify({ crv, e, kty, n, x, y })).digest('base64url');
}

const ivLength = 12;
const tagLength = 16;

function encrypt(key: Buffer, kid: string, plain: Buffer): Buffer {
  const iv = randomBytes(ivLength);
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(kid));
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined where the key does not fit, or the bytes were damaged: they cannot be told apart. */
function decrypt(key: Buffer, kid: string, sealed: Uint8Array): Buffer | undefined {
  const bytes = Buffer.from(sealed);
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivLength), { authTagLength: tagLength })
      .setAAD(Buffer.from(kid))
      .setAuthTag(bytes.subarray(-tagLength));
    return Buffer.concat([decipher.update(bytes.subarray(ivLength, -tagLength)), decipher.final()]);
  } catch {
    return undefined;
  }
}
