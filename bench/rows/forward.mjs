import * as latchkey from '../lib/latchkey.mjs';
import { companies, companiesQuery, pages } from '../lib/sample.mjs';
import { startContestant, startUpstream } from '../lib/start.mjs';

const ours = 'Latchkey, token verified';
const bare = ['request', 'stream', 'dispatch'].map((primitive) => ({
  primitive,
  name: `bare undici, Pool.${primitive}`,
}));
const hiveGateway = 'Hive Gateway proxy, no token check';
const connections = 64;

/** @type {import('../lib/row.mjs').Row} */
export const row = {
  name: 'forward',
  title: 'a forwarded query of 20 rows',
  connections,
  async contestants({ load, withLatchkey }) {
    const { child, url } = await startUpstream();
    const list = [contestant('the upstream itself', child, 'x'.repeat(560))];
    for (const { name, primitive } of bare) list.push(await peer(name, 'bare-forward', [url, primitive]));
    if (withLatchkey) list.push(await gate());
    list.push(await peer(hiveGateway, 'hive-gateway', [url]));
    return list;

    async function gate() {
      const gate = await latchkey.startLatchkey(url);
      await latchkey.mustRefuse(gate, companiesQuery);
      return contestant(ours, gate, (await latchkey.signIn(gate, 1))[0].accessToken);
    }

    async function peer(name, file, args) {
      return contestant(name, await startContestant(name, file, args), 'x'.repeat(560));
    }

    function contestant(name, child, token) {
      const requests = pages.map((page) => latchkey.operation(companiesQuery, page, token));
      const job = { port: child.port, connections, requests, expect: companies.at(-1).id };
      const check = ({ data }) => JSON.stringify(data.companies) === JSON.stringify(companies);
      return { name, child, check, run: (seconds) => load({ ...job, seconds }) };
    }
  },
  targets: [
    // Against the best of the three, whichever that is on this machine.
    { ours, of: bare.map(({ name }) => name), atLeast: 0.9 },
    { ours, of: [hiveGateway], atLeast: 4 },
    { ours, of: ['the upstream itself'] },
  ],
};
