import * as latchkey from '../lib/latchkey.mjs';
import { startLoad } from '../lib/load.mjs';
import { median } from '../lib/measure.mjs';
import { companies, companiesQuery, pages } from '../lib/sample.mjs';
import { startContestant, startUpstream } from '../lib/start.mjs';

const title = 'latency of a forwarded query at half of the limit';
const connections = 64;
const warmUp = { seconds: 2 };
const limitOf = { seconds: 2 };

/** What the gate adds to the time that a caller waits, at half of the rate that it can do. */
export const row = {
  name: 'latency',
  title,
  async run(withLatchkey, { rounds, seconds }, progress) {
    if (!withLatchkey) throw new Error('it measures what Latchkey adds, which is not built');
    const load = await startLoad();
    const contestants = await start(load);
    const gate = contestants.at(-1);
    for (const { run } of contestants) await run(warmUp);
    const limit = (await gate.run(limitOf)).rate;
    const rate = Math.round(limit / 2);
    progress(`latency: ${rate} requests a second, half of ${Math.round(limit)}`);
    const results = contestants.map(() => []);
    for (let round = 1; round <= rounds; round++) {
      for (const [i, { name, run }] of contestants.entries()) {
        const result = await run({ rate, seconds });
        if (result.refused) throw new Error(`${name}: ${result.refused} wrong answers: ${result.firstRefused}`);
        results[i].push(result);
        progress(
          `  round ${round}/${rounds}  ${name}: p50 ${result.p50.toFixed(2)} ms, p99 ${result.p99.toFixed(2)} ms`,
        );
      }
    }
    const figures = contestants.map(({ name }, i) => ({
      name,
      rate: median(results[i].map(({ rate: reached }) => reached)),
      p50: median(results[i].map(({ p50 }) => p50)),
      p99: median(results[i].map(({ p99 }) => p99)),
    }));
    return { name: 'latency', title: `${title} (${rate}/s)`, figures, comparisons: compare(figures) };
  },
};

async function start(load) {
  const { child, url } = await startUpstream();
  const gate = await latchkey.startLatchkey(url);
  const { accessToken } = (await latchkey.signIn(gate, 1))[0];
  const bare = await startContestant('bare undici, Pool.dispatch', 'bare-forward', [url, 'dispatch']);
  return [
    contestant('the upstream itself', child, 'x'.repeat(560)),
    contestant('bare undici, Pool.dispatch', bare, 'x'.repeat(560)),
    contestant('Latchkey, token verified', gate, accessToken),
  ];

  function contestant(name, { port }, token) {
    const requests = pages.map((page) => latchkey.operation(companiesQuery, page, token));
    const job = { port, connections, requests, expect: companies.at(-1).id };
    return { name, run: (how) => load({ ...job, ...how }) };
  }
}

function compare([, bare, ours]) {
  return ['p50', 'p99'].map((share) => ({
    what: `${share} beyond the bare forward`,
    ours: ours.name,
    figure: ours[share] - bare[share],
    unit: 'ms',
    of: '',
    verdict: '',
  }));
}
