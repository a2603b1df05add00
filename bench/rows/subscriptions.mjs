import { once } from 'node:events';
import { residentMegabytes, startChild, stop } from '../lib/children.mjs';
import * as latchkey from '../lib/latchkey.mjs';
import { startContestant } from '../lib/start.mjs';

const count = 1000;
const title = `${count.toLocaleString('en-US')} subscriptions, ten events a second each`;
const query = 'subscription { tick { at text } }';

/** Whether a thousand subscribers get what the upstream sends, how late, and what they weigh. */
export const row = {
  name: 'subscriptions',
  title,
  async run(withLatchkey, { seconds }, progress) {
    const upstream = await startContestant('upstream', 'ticking-upstream');
    const figures = [await figureOf('the upstream itself', upstream, 'x')];
    if (withLatchkey) {
      const gate = await latchkey.startLatchkey(`http://127.0.0.1:${upstream.port}/graphql`);
      figures.push(await figureOf('Latchkey, token verified', gate, (await latchkey.signIn(gate, 1))[0].accessToken));
    }
    for (const { name, rate } of figures) progress(`  ${name}: ${Math.round(rate)} events a second`);
    return { name: 'subscriptions', title, figures, comparisons: compare(figures) };

    async function figureOf(name, server, token) {
      const before = residentMegabytes(server);
      const subscribers = await startChild('subscribers', new URL('../lib/subscribers.mjs', import.meta.url));
      const answered = once(subscribers.process, 'message');
      subscribers.process.send({ port: server.port, token, count, seconds: 2 * seconds, query });
      const [{ events, established, p50, p99, broken }] = await answered;
      if (broken) throw new Error(`${name}: ${broken}`);
      const kilobytes = ((residentMegabytes(server) - before) * 1000) / count;
      await stop(subscribers.process);
      return { name, rate: events / (2 * seconds), established, p50, p99, kilobytes };
    }
  },
};

function compare([direct, ours]) {
  if (!ours) return [];
  const share = ours.rate / direct.rate;
  const ratio = { ratio: share, min: share, max: share };
  const delivered = { what: `events of ${title}`, ours: ours.name, figure: ours.rate, unit: '/s', of: direct.name };
  return [
    { ...delivered, ofFigure: direct.rate, ...ratio, target: '≥ 0.99', verdict: share >= 0.99 ? 'met' : 'missed' },
    {
      what: 'p99 beyond the upstream itself',
      ours: ours.name,
      figure: ours.p99 - direct.p99,
      unit: 'ms',
      of: '',
      verdict: '',
    },
  ];
}
