import { credentials, signInHeaders, signInPath, signInToBetterAuth } from '../lib/better-auth.mjs';
import * as latchkey from '../lib/latchkey.mjs';
import { post } from '../lib/load.mjs';
import { startContestant, startRate, startUpstream } from '../lib/start.mjs';

const ours = 'Latchkey';
const bare = 'bare argon2id, all cores';
const betterAuth = 'better-auth, scrypt';
// Enough to keep all cores hashing, too few to fill a queue.
const connections = 8;

/** @type {import('../lib/row.mjs').Row} */
export const row = {
  name: 'signin',
  title: '`signIn`',
  connections,
  async contestants({ load, withLatchkey }) {
    return [
      await startRate(bare, 'bare-argon2'),
      ...(withLatchkey ? [await signingIn()] : []),
      await signingInToBetterAuth(),
    ];

    async function signingIn() {
      const child = await latchkey.startLatchkey((await startUpstream()).url);
      const requests = [latchkey.operation(latchkey.signInQuery, latchkey.credentials)];
      const check = ({ data }) =>
        data.signIn.accessToken.startsWith('eyJ') && data.signIn.refreshToken.startsWith('lk_rt_');
      return contestant(ours, child, { requests, expect: '"accessToken":"eyJ' }, check);
    }

    async function signingInToBetterAuth() {
      const child = await startContestant(betterAuth, 'better-auth');
      await signInToBetterAuth(child, 1);
      const requests = [post(signInPath, JSON.stringify(credentials), signInHeaders)];
      const check = ({ user }) => user.email === credentials.email;
      return contestant(betterAuth, child, { requests, expect: '"token":"' }, check);
    }

    function contestant(name, child, job, check) {
      return { name, child, check, run: (seconds) => load({ ...job, port: child.port, connections, seconds }) };
    }
  },
  targets: [
    { ours, of: [bare], atLeast: 0.95 },
    { ours, of: [betterAuth] },
  ],
};
