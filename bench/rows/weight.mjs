import { get as httpGet } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMegabytes, stop } from '../lib/children.mjs';
import * as latchkey from '../lib/latchkey.mjs';
import { median } from '../lib/measure.mjs';
import { startContestant, startUpstream } from '../lib/start.mjs';

const title = 'idle memory and start';
const idleSeconds = 3;

/** Idle memory, and the time from the start of a process to its first good answer. */
export const row = {
  name: 'weight',
  title,
  async run(withLatchkey, { rounds }, progress) {
    const starters = await startersOf(withLatchkey);
    const startTimes = starters.map(() => []);
    const last = [];
    for (let round = 1; round <= rounds; round++) {
      for (const [i, { name, start, path }] of starters.entries()) {
        const child = await start();
        await firstGoodAnswer(child.port, path);
        startTimes[i].push(performance.now() - child.spawnedAt);
        progress(`  start ${round}/${rounds}  ${name}: ${Math.round(startTimes[i].at(-1))} ms`);
        if (round < rounds) await stop(child.process);
        else last.push(child);
      }
    }
    await sleep(idleSeconds * 1000);
    const figures = starters.map(({ name }, i) => ({
      name,
      megabytes: residentMegabytes(last[i]),
      readyMilliseconds: median(startTimes[i]),
      startTimes: startTimes[i],
    }));
    return { name: 'weight', title, figures, comparisons: compare(figures) };
  },
};

async function startersOf(withLatchkey) {
  const list = [
    { name: 'bare Node', path: '/', start: () => startContestant('bare Node', 'bare-http') },
    { name: 'oidc-provider', path: '/jwks', start: () => startContestant('oidc-provider', 'oidc-provider', ['1']) },
    { name: 'better-auth', path: '/api/auth/ok', start: () => startContestant('better-auth', 'better-auth') },
  ];
  if (!withLatchkey) return list;
  const { url } = await startUpstream();
  const data = latchkey.dataDirectory();
  return [...list, { name: 'Latchkey', path: '/readyz', start: () => latchkey.startLatchkey(url, data) }];
}

async function firstGoodAnswer(port, path) {
  const deadline = performance.now() + 30_000;
  while ((await statusOf(port, path)) !== 200) {
    if (performance.now() > deadline) throw new Error(`${path} on port ${port} was not ready within 30 s`);
    await sleep(2);
  }
}

function statusOf(port, path) {
  return new Promise((resolve) => {
    const request = httpGet({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    });
    request.on('error', () => resolve(0));
  });
}

function compare(figures) {
  const ours = figures.find(({ name }) => name === 'Latchkey');
  return [
    limit('idle memory', ours?.megabytes, 110, 'MB'),
    limit('time to ready', ours?.readyMilliseconds, 1000, 'ms'),
  ];
}

function limit(what, figure, atMost, unit) {
  const verdict = figure === undefined ? 'not measured' : figure <= atMost ? 'met' : 'missed';
  return { what, ours: 'Latchkey', figure, unit, target: `≤ ${atMost} ${unit}`, verdict };
}
