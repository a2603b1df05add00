import { signInToBetterAuth } from '../lib/better-auth.mjs';
import * as latchkey from '../lib/latchkey.mjs';
import { get, head } from '../lib/load.mjs';
import { startContestant, startRate, startUpstream } from '../lib/start.mjs';

const ours = 'Latchkey, rotating, durable';
const oidcProvider = 'oidc-provider, no rotation, in memory';
const betterAuth = 'better-auth, JWT from session, in memory';
const sessions = 64;

/** @type {import('../lib/row.mjs').Row} */
export const row = {
  name: 'refresh',
  title: '`signInRefresh`',
  connections: sessions,
  async contestants({ load, withLatchkey }) {
    return [
      ...(withLatchkey ? [await refreshing()] : []),
      await oidc(),
      await jwtFromSession(),
      await startRate('bare ES256 signature, one core', 'bare-es256', ['sync']),
      await startRate('bare ES256 signature, thread pool', 'bare-es256', ['pool']),
    ];

    async function refreshing() {
      const child = await latchkey.startLatchkey((await startUpstream()).url);
      const chain = latchkey.refreshChain(
        (await latchkey.signIn(child, sessions)).map(({ refreshToken }) => refreshToken),
      );
      const check = ({ data }) => isJwt(data.signInRefresh.accessToken);
      return { name: ours, child, check, run: chained(child, chain, '"accessToken":"eyJ') };
    }

    async function oidc() {
      const child = await startContestant(oidcProvider, 'oidc-provider', [String(sessions)]);
      const chain = {
        head: head('POST', '/token', { 'content-type': 'application/x-www-form-urlencoded' }),
        before: 'grant_type=refresh_token&client_id=bench&refresh_token=',
        after: '',
        field: 'refresh_token',
        tokens: child.ready.tokens,
      };
      const check = ({ access_token: token, id_token: idToken }) => isJwt(token) && idToken === undefined;
      return { name: oidcProvider, child, check, run: chained(child, chain, '"access_token":"eyJ') };
    }

    async function jwtFromSession() {
      const child = await startContestant(betterAuth, 'better-auth');
      const cookies = await signInToBetterAuth(child, sessions);
      const requests = cookies.map((cookie) => get('/api/auth/token', { cookie }));
      const job = { port: child.port, connections: sessions, requests, expect: '"token":"eyJ' };
      const check = ({ token }) => isJwt(token);
      return { name: betterAuth, child, check, run: (seconds) => load({ ...job, seconds }) };
    }

    /** Each round goes on with the tokens that the last one ended with. */
    function chained(child, chain, expect) {
      return async (seconds) => {
        const result = await load({ port: child.port, connections: sessions, seconds, chain, expect });
        chain.tokens = result.tokens;
        return result;
      };
    }
  },
  targets: [
    { ours, of: [oidcProvider], atLeast: 3.5 },
    { ours, of: [betterAuth] },
    { ours, of: ['bare ES256 signature, one core'] },
  ],
};

const isJwt = (token) => JSON.parse(Buffer.from(token.split('.')[0], 'base64url')).alg === 'ES256';
