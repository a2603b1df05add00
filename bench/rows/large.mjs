import * as latchkey from '../lib/latchkey.mjs';
import { largeBytes, largeQuery, pages } from '../lib/sample.mjs';
import { startContestant, startUpstream } from '../lib/start.mjs';

const ours = 'Latchkey, token verified';
const bare = 'bare undici, Pool.dispatch';
const hive = 'Hive Gateway proxy, no token check';
const connections = 8;

/** @type {import('../lib/row.mjs').Row} */
export const row = {
  name: 'large',
  title: 'a forwarded answer of 8 MB',
  connections,
  // Hive Gateway takes more than a second for the first of them.
  planOf: ({ rounds }) => ({ rounds: 2 * rounds, seconds: 3, warmUp: 5 }),
  async contestants({ load, withLatchkey }) {
    const { child, url } = await startUpstream();
    const list = [
      contestant('the upstream itself', child),
      contestant(bare, await startContestant(bare, 'bare-forward', [url, 'dispatch'])),
      contestant(hive, await startContestant(hive, 'hive-gateway', [url])),
    ];
    if (!withLatchkey) return list;
    const gate = await latchkey.startLatchkey(url);
    await latchkey.mustRefuse(gate, largeQuery);
    return [...list, contestant(ours, gate, (await latchkey.signIn(gate, 1))[0].accessToken)];

    function contestant(name, child, token = 'x'.repeat(560)) {
      const requests = pages.map((page) => latchkey.operation(largeQuery, page, token));
      const job = { port: child.port, connections, requests };
      return {
        name,
        child,
        async run(seconds) {
          const result = await load({ ...job, expect: '"company-1000000"', seconds });
          // Hive Gateway writes the JSON anew, without the spaces at its end.
          const isWhole = result.bytes >= result.ok * (largeBytes - 300);
          return isWhole
            ? result
            : { ...result, refused: 1, firstRefused: `${result.bytes / result.ok} bytes an answer` };
        },
      };
    }
  },
  targets: [
    { ours, of: [bare], atLeast: 0.9 },
    { ours, of: [hive], atLeast: 4 },
  ],
};
