import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { residentMegabytes } from '../lib/children.mjs';
import * as latchkey from '../lib/latchkey.mjs';
import { startLoad } from '../lib/load.mjs';
import { largeBytes, largeQuery, pages } from '../lib/sample.mjs';
import { startUpstream } from '../lib/start.mjs';

const title = 'memory while 8 MB answers stream';
const slowReaders = 32;

/** Bytes that a slow reader takes every 10 ms. */
const sip = 64 * 1024;

/** Whether a gate holds what it streams: to callers who read as fast as they can, and to some who hardly read. */
export const row = {
  name: 'streaming',
  title,
  async run(withLatchkey, { seconds }, progress) {
    if (!withLatchkey) throw new Error('it measures nothing but Latchkey, which is not built');
    const { url } = await startUpstream();
    const gate = await latchkey.startLatchkey(url);
    const { accessToken } = (await latchkey.signIn(gate, 1))[0];
    const request = latchkey.operation(largeQuery, pages[0], accessToken);
    const load = await startLoad();
    const fast = (length) =>
      load({ port: gate.port, connections: 8, requests: [request], expect: '"company-1000000"', seconds: length });
    await fast(1);
    await sleep(1000);
    const before = residentMegabytes(gate);
    const figures = [
      { name: 'before', megabytes: before },
      { name: '8 callers who read fast', megabytes: await peakDuring(gate, fast(2 * seconds)) },
      {
        name: `${slowReaders} callers who read 6 MB a second`,
        megabytes: await peakDuring(gate, readSlowly(gate, request, seconds)),
      },
    ];
    for (const { name, megabytes } of figures) progress(`  ${name}: ${Math.round(megabytes)} MB`);
    return { name: 'streaming', title, figures, comparisons: compare(figures) };
  },
};

async function peakDuring(gate, work) {
  let peak = 0;
  let isOver = false;
  work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    peak = Math.max(peak, residentMegabytes(gate));
    await sleep(20);
  }
  await work;
  return peak;
}

/** All of them are in the middle of an answer all the time. */
async function readSlowly(gate, request, seconds) {
  const sockets = Array.from({ length: slowReaders }, () => createConnection({ port: gate.port, host: '127.0.0.1' }));
  for (const socket of sockets) {
    socket.on('error', () => undefined);
    // Each read leaves the rest where it is, in the buffers of the system and then in the gate's.
    socket.write(request.repeat(Math.ceil((seconds * 100 * sip) / largeBytes) + 1), 'latin1');
  }
  for (let i = 0; i < seconds * 100; i++) {
    for (const socket of sockets) socket.read(sip);
    await sleep(10);
  }
  for (const socket of sockets) socket.destroy();
}

function compare(figures) {
  const before = figures[0].megabytes;
  return figures.slice(1).map(({ name, megabytes }) => ({
    what: title,
    ours: name,
    figure: megabytes - before,
    unit: 'MB more than before',
    of: '',
    target: '≤ 64 MB',
    verdict: megabytes - before <= 64 ? 'met' : 'missed',
  }));
}
