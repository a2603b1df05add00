import * as latchkey from '../lib/latchkey.mjs';
import { companies, companiesQuery, pages } from '../lib/sample.mjs';
import { startContestant, startUpstream } from '../lib/start.mjs';

const ours = 'Latchkey, one token';
const oursUnique = 'Latchkey, a new token each time';
export const bare = ['request', 'stream', 'dispatch'].map((primitive) => ({
  primitive,
  name: `bare undici, Pool.${primitive}`,
}));
const hive = 'Hive Gateway proxy, no token check';
const hiveJwt = 'Hive Gateway proxy, JWT plugin, one token';
const hiveUnique = 'Hive Gateway proxy, JWT plugin, a new token each time';
const connections = 64;

/** More than twice of what a node remembers: used in rotation, each is forgotten before it comes again. */
const tokenCount = 20_000;

/** @type {import('../lib/row.mjs').Row} */
export const row = {
  name: 'forward',
  title: 'a forwarded query of 20 rows',
  connections,
  // Many contestants: in short rounds each is measured close to the one that it is compared with.
  planOf: (plan) => ({ ...plan, rounds: 3 * plan.rounds, seconds: Math.max(1, plan.seconds / 3) }),
  async contestants({ load, withLatchkey }) {
    const { child, url } = await startUpstream();
    const noToken = ['x'.repeat(560)];
    const list = [contestant('the upstream itself', child, noToken)];
    for (const { name, primitive } of bare) {
      list.push(contestant(name, await startContestant(name, 'bare-forward', [url, primitive]), noToken));
    }
    list.push(contestant(hive, await startContestant(hive, 'hive-gateway', [url]), noToken));
    if (withLatchkey) list.push(...(await gates()));
    return list;

    /** Ours, and the peer that takes our tokens. */
    async function gates() {
      const data = latchkey.dataDirectory();
      const gate = await latchkey.startLatchkey(url, data);
      await latchkey.mustRefuse(gate, companiesQuery);
      const one = [(await latchkey.signIn(gate, 1))[0].accessToken];
      const unique = await latchkey.uniqueTokens(gate, data, tokenCount);
      const issuer = `http://localhost:${gate.port}`;
      const peer = await startContestant(hiveJwt, 'hive-gateway', [url, issuer]);
      return [
        contestant(ours, gate, one),
        contestant(oursUnique, gate, unique),
        contestant(hiveJwt, peer, one),
        contestant(hiveUnique, peer, unique),
      ];
    }

    function contestant(name, child, tokens) {
      const count = Math.max(pages.length, tokens.length);
      const requests = Array.from({ length: count }, (_, i) =>
        latchkey.operation(companiesQuery, pages[i % pages.length], tokens[i % tokens.length]),
      );
      const job = { port: child.port, connections, requests, expect: companies.at(-1).id };
      const check = ({ data }) => JSON.stringify(data.companies) === JSON.stringify(companies);
      return { name, child, check, run: (seconds) => load({ ...job, seconds }) };
    }
  },
  targets: [
    // Against the best of the three, whichever that is on this machine.
    { ours, of: bare.map(({ name }) => name), atLeast: 0.9 },
    { ours, of: [hiveJwt], atLeast: 4 },
    { ours, of: [hive] },
    { ours: oursUnique, of: [hiveUnique], atLeast: 4 },
    { ours: oursUnique, of: bare.map(({ name }) => name) },
    { ours, of: ['the upstream itself'] },
  ],
};
