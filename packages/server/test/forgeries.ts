import { createHmac, createPublicKey, type KeyObject, randomBytes } from 'node:crypto';
import { formatRefreshToken } from '../src/domain/sessions/refresh-token.js';
import { generatePrivateKey, signData } from '../src/domain/tokens/algorithms.js';
import { base64url } from '../src/lib/base64url.js';
import { audience, decode, encode, issuer, type OpenedTokens, subject } from './tokens.js';

/** Somebody who holds a good token and knows all that is public. */
export interface Attacker {
  readonly opened: OpenedTokens;
  /** The good token, and its three parts. */
  readonly token: string;
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
  /** A key of the attacker's own, for the algorithm of ours. */
  readonly ownKey: KeyObject;
}

export async function createAttacker(opened: OpenedTokens): Promise<Attacker> {
  const token = await opened.tokens.issue(subject);
  const [header = '', payload = '', signature = ''] = token.split('.');
  const ownKey = await generatePrivateKey(opened.keys.current.algorithm);
  return { opened, token, header, payload, signature, ownKey };
}

type Forge = (attacker: Attacker) => readonly string[] | Promise<readonly string[]>;

const headerOf = ({ header }: Attacker): Record<string, unknown> => decode(header);

/** Signed by the attacker's own key. */
async function signForeign({ opened, payload, ownKey }: Attacker, header: string): Promise<string> {
  const signed = `${header}.${payload}`;
  return `${signed}.${base64url(await signData(opened.keys.current.algorithm, ownKey, signed))}`;
}

/** Signed by our key, and yet not what `issue` makes: a token of ours for another use, say. */
async function signOwn({ opened, payload }: Attacker, header: object): Promise<string> {
  const { algorithm, privateKey } = opened.keys.current;
  const signed = `${encode(header)}.${payload}`;
  return `${signed}.${base64url(await signData(algorithm, privateKey, signed))}`;
}

/** The public key in every form in which it is found, or which can be made of what is found. */
function publicForms({ opened }: Attacker): readonly (string | Buffer)[] {
  const key = createPublicKey(opened.keys.current.privateKey);
  const pem = key.export({ format: 'pem', type: 'spki' }).toString();
  const [jwk] = JSON.parse(opened.keys.jwks).keys;
  return [
    pem,
    pem.trimEnd(),
    pem.replaceAll('\n', '\r\n'),
    key.export({ format: 'der', type: 'spki' }),
    JSON.stringify(key.export({ format: 'jwk' })),
    JSON.stringify(jwk),
    opened.keys.jwks,
    Buffer.from(jwk.x ?? jwk.n, 'base64url'),
    jwk.x ?? jwk.n,
    '',
  ];
}

/** The encoded part with one bit turned in each byte of it. */
function turnBits(part: string): string[] {
  return Array.from(Buffer.from(part, 'base64url'), (_, i) => {
    const bytes = Buffer.from(part, 'base64url');
    bytes.writeUInt8(bytes.readUInt8(i) ^ (1 << (i & 7)), i);
    return bytes.toString('base64url');
  });
}

/** Ways to a token that must be refused as UNAUTHENTICATED, each with all of its variants. */
export const forgeries: Readonly<Record<string, Forge>> = {
  'without a signature, alg "none" in any spelling': (attacker) =>
    ['none', 'None', 'NONE', 'nOnE', 'none ', '', null, ['none']].flatMap((alg) => {
      const unsigned = `${encode({ ...headerOf(attacker), alg })}.${attacker.payload}`;
      return [unsigned, `${unsigned}.`, `${unsigned}.${attacker.signature}`];
    }),
  'signed with HS256 under the public key in any form': (attacker) =>
    publicForms(attacker).flatMap((secret) =>
      [{ ...headerOf(attacker), alg: 'HS256' }, { alg: 'HS256', typ: 'at+jwt' }, headerOf(attacker)].map((header) => {
        const signed = `${encode(header)}.${attacker.payload}`;
        return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
      }),
    ),
  'that brings its own key, or the address of one': (attacker) => {
    const jwk = createPublicKey(attacker.ownKey).export({ format: 'jwk' });
    const addresses = ['http://127.0.0.1:9/jwks.json', 'https://attacker.example/jwks.json', 'file:///etc/hostname'];
    const members = [{ jwk }, { x5c: ['MIIB'] }, ...addresses.flatMap((each) => [{ jku: each }, { x5u: each }])];
    const headers = members.flatMap((each) => [
      { ...headerOf(attacker), ...each },
      { ...headerOf(attacker), kid: undefined, ...each },
    ]);
    return Promise.all(headers.map((header) => signForeign(attacker, encode(header))));
  },
  'with a hostile key id': (attacker) =>
    Promise.all(
      ['../../../../../../dev/null', '/dev/null', "' OR '1'='1", '__proto__', 'constructor', '', null, 0, {}, []].map(
        (kid) => signForeign(attacker, encode({ ...headerOf(attacker), kid })),
      ),
    ),
  'signed by a stranger under our key id': async (attacker) => [await signForeign(attacker, attacker.header)],
  'signed by us for another use': (attacker) =>
    Promise.all(
      [{ typ: 'JWT' }, { typ: 'at+JWT' }, { typ: undefined }, { crit: ['exp'] }, { b64: false }, { cty: 'JWT' }].map(
        (member) => signOwn(attacker, { ...headerOf(attacker), ...member }),
      ),
    ),
  'for another audience': ({ opened }) =>
    Promise.all(
      ['', `${audience}/`, 'https://other.example'].map((each) => opened.create({ audience: each }).issue(subject)),
    ),
  'of another issuer with the same key': ({ opened }) =>
    Promise.all(
      ['', `${issuer}/`, 'https://other.example'].map((each) => opened.create({ issuer: each }).issue(subject)),
    ),
  'that is a refresh token': () => [
    formatRefreshToken([randomBytes(32)], { sessionId: base64url(randomBytes(16)), generation: 0 }),
  ],
  'cut off anywhere': ({ token }) => Array.from(token, (_, length) => token.slice(0, length)),
  'with a part too many or too few': ({ token, header, payload, signature }) => [
    `${token}.`,
    `${token}.${signature}`,
    `${header}.${header}.${payload}.${signature}`,
    `.${token}`,
    `${header}..${signature}`,
    `.${payload}.${signature}`,
    '..',
    '.',
    '',
  ],
  'with any byte of its signature damaged': ({ header, payload, signature }) =>
    turnBits(signature).map((each) => `${header}.${payload}.${each}`),
  'with any byte of its payload changed': ({ header, payload, signature }) =>
    turnBits(payload).map((each) => `${header}.${each}.${signature}`),
  'with any byte of its header changed': ({ header, payload, signature }) =>
    turnBits(header).map((each) => `${each}.${payload}.${signature}`),
  'with an empty, a zero or a DER signature': ({ header, payload, signature }) => {
    const { length } = Buffer.from(signature, 'base64url');
    // Zeros: CVE-2022-21449. DER: the form that RFC 7518 §3.4 does not use.
    const der = Buffer.from('3006020101020101', 'hex');
    return [Buffer.alloc(0), Buffer.alloc(length), der].map((each) => `${header}.${payload}.${base64url(each)}`);
  },
  'with its signature in another spelling': ({ token }) => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const others = [...alphabet].map((last) => token.slice(0, -1) + last).filter((each) => each !== token);
    return [...others, `${token}=`, `${token}==`, `${token}\n`, `${token} `, `${token}\0`, `${token}A`];
  },
  'with anything before it': ({ token }) => [` ${token}`, `\n${token}`, `Bearer ${token}`, `\ufeff${token}`],
  'that is too long': async ({ opened, token, header, payload, signature }) => [
    await opened.tokens.issue({ ...subject, scope: 'x'.repeat(8192) }),
    `${header}.${payload}${'A'.repeat(1_000_000)}.${signature}`,
    token.repeat(1000),
    '.'.repeat(1_000_000),
  ],
};
