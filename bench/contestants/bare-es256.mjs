// The bare rate of ES256 signatures over a token of the usual size: `sync` on one core, `pool` on the thread pool.
// usage: bare-es256.mjs sync|pool
import { generateKeyPairSync, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { announceRate } from '../lib/contestant.mjs';
import { rateOf } from '../lib/rate-of.mjs';

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = { key: privateKey, dsaEncoding: 'ieee-p1363' };
const data = Buffer.alloc(400, 'x');
const signInPool = promisify(sign);

const ways = {
  sync: (seconds) => rateOf(() => sign('sha256', data, key), 1, seconds),
  pool: (seconds) => rateOf(() => signInPool('sha256', data, key), 32, seconds),
};
announceRate(ways[process.argv[2]]);
