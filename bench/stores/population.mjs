import { hash } from 'node:crypto';
import { importBuilt } from '../lib/latchkey.mjs';

/** What every store of the bench is made with, so that the bench can make refresh tokens for what it loaded. */
export const secret = 'a secret of the bench, which keeps nothing that is secret';

const day = 24 * 3_600_000;
const idleLifetime = 30 * day;
const lifetime = 90 * day;

// As long as those of today's browsers.
const userAgents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
  'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148',
];

/**
 * The people and sessions of a loaded store, each computed from its number. They come in the order of their ids, which
 * is what makes a bulk load fast, and yet the ids are as evenly spread and as long as those that chance would give.
 * @param {{ users: number, sessions: number }} size
 * @param {number} [now] when it is loaded
 */
export async function population({ users, sessions }, now = Date.now()) {
  const { deriveKeys } = await importBuilt('domain/secret');
  const { formatRefreshToken } = await importBuilt('domain/sessions/refresh-token');
  const { refreshToken: key } = deriveKeys(secret);
  const sessionId = (i) => orderedId(i / sessions, `session ${i}`);
  return {
    users,
    sessions,
    userName,
    user: (i) => ({ id: orderedUuid(i / users, `user ${i}`), userName: userName(i), createdAt: now - 400 * day }),
    session: (i) => sessionRow(i, sessionId(i), now - (scramble(i) / 2 ** 32) * 25 * day),
    // No two neighbours belong to one user.
    ownerOf: (i) => (i * 15_485_863) % users,
    /** The refresh token of a session that has not been refreshed yet. */
    refreshToken: (i) => formatRefreshToken(key, { sessionId: sessionId(i), generation: 0 }),
  };
}

const userName = (i) => `person-${String(i).padStart(7, '0')}@people.example`;

function sessionRow(i, id, time) {
  const createdAt = Math.floor(time);
  const address = scramble(i + 1);
  return {
    id,
    createdAt,
    idleExpiresAt: createdAt + idleLifetime,
    expiresAt: createdAt + lifetime,
    source: [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.'),
    userAgent: userAgents[address & 3],
  };
}

// The characters of base64url in the order that databases compare them in; and those that can end 16 bytes.
const digits = '-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz';
const lastDigits = 'AQgw';

/** 22 characters: base64url of 16 bytes. The first five are the place (from 0 to 1), the others as if by chance. */
function orderedId(place, seed) {
  let rest = Math.floor(place * 2 ** 30);
  let start = '';
  for (let k = 0; k < 5; k++) {
    start = digits[rest & 63] + start;
    rest >>>= 6;
  }
  const tail = hash('md5', seed, 'base64url');
  return start + tail.slice(0, 16) + lastDigits[tail.charCodeAt(17) & 3];
}

function orderedUuid(place, seed) {
  const start = Math.floor(place * 2 ** 32)
    .toString(16)
    .padStart(8, '0');
  const tail = hash('md5', seed, 'hex');
  return `${start}-${tail.slice(0, 4)}-4${tail.slice(4, 7)}-8${tail.slice(7, 10)}-${tail.slice(10, 22)}`;
}

/** A number of 32 bits that looks like chance. */
function scramble(i) {
  let x = Math.imul(i ^ 0x9e3779b9, 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Numbers below `count`, each once, each far from the one before: whoever goes through the first thousand of them has
 * been everywhere.
 * @param {number} count
 * @param {number} from how many to leave out at the start
 */
export function* spread(count, from = 0) {
  let stride = Math.max(1, Math.floor(count * 0.618)) | 1;
  while (greatestCommonDivisor(stride, count) !== 1) stride += 2;
  for (let k = from; k < count; k++) yield (k * stride) % count;
}

/** @template T @param {number} count @param {Iterable<T>} items @returns {T[]} */
export function firstOf(count, items) {
  const first = [];
  if (count === 0) return first;
  for (const item of items) if (first.push(item) === count) break;
  return first;
}

function greatestCommonDivisor(a, b) {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
