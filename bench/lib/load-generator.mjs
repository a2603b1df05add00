// The load generator: a process of its own that speaks HTTP/1.1 over plain sockets with requests made in advance.
// It costs less CPU per request than autocannon or undici do (see README.md), which matters when it shares two cores
// with what it measures. One request per connection at a time, no pipelining.
import net from 'node:net';
import { createAnswerReader } from './answer-reader.mjs';

process.on('message', async ({ id, job }) => process.send({ id, result: await run(job) }));
process.once('disconnect', () => process.exit());
process.send({ ready: true });

/** Where the rotation of requests goes on: a round that began anew would ask for what the one before it has just warmed. */
let turns = 0;

/** @param {import('./load.mjs').Job} job @returns {Promise<import('./load.mjs').Result>} */
async function run(job) {
  const tally = { ok: 0, refused: 0, firstRefused: undefined, first: 0, last: 0, bytes: 0, samples: [], latencies: [] };
  const queue = { tokens: job.chain ? [...job.chain.tokens] : [], next: 0 };
  const cpu = process.cpuUsage();
  const start = performance.now();
  const deadline = start + job.seconds * 1000;
  await Promise.all(
    Array.from({ length: job.connections }, (_, i) => connection(job, i, { start, deadline }, tally, queue)),
  );
  turns += tally.ok;
  const used = process.cpuUsage(cpu);
  return {
    ok: tally.ok,
    refused: tally.refused,
    firstRefused: tally.firstRefused,
    samples: tally.samples,
    bytes: tally.bytes,
    ...(job.rate && percentiles(tally.latencies)),
    tokens: queue.tokens.slice(queue.next),
    // Between the first and the last answer: slow answers (password hashes) lose nothing at the edges of the round.
    rate: tally.ok > 1 ? ((tally.ok - 1) * 1000) / (tally.last - tally.first) : 0,
    clientCpu: (used.user + used.system) / 1000 / (performance.now() - start),
  };
}

/** Sends, waits, sends again, until the deadline. Resolves when its last answer is in. */
function connection(job, index, { start, deadline }, tally, queue) {
  return new Promise((resolve) => {
    let turn = turns + index;
    let token;
    let sentAt = start;
    const buffer = Buffer.allocUnsafe(64 * 1024);
    const port = job.ports ? job.ports[index % job.ports.length] : job.port;
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true, onread: { buffer, callback } });
    // The connections take turns, evenly spread.
    const interval = job.rate ? (job.connections * 1000) / job.rate : 0;
    sentAt += 50 + (interval * index) / job.connections;
    const send = () => socket.write(job.chain ? nextInChain() : next(), 'latin1');
    const nextInChain = () => {
      token = queue.tokens[queue.next++];
      return chained(job.chain, token);
    };
    const next = () => {
      turn += job.connections;
      return job.requests[turn % job.requests.length];
    };
    socket.on('connect', () => (job.rate ? setTimeout(send, Math.ceil(sentAt - performance.now())) : send()));
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer within 10 s')));
    socket.on('error', (error) => refuse(tally, error.message));
    socket.on('close', () => {
      if (performance.now() < deadline) refuse(tally, 'the connection was closed');
      resolve();
    });

    const read = createAnswerReader((answer) => {
      const now = performance.now();
      count(job, answer, now, deadline, tally);
      if (job.rate) tally.latencies.push(now - sentAt);
      if (job.chain) queue.tokens.push(successor(job.chain, answer.body) ?? token);
      if (now < deadline) sendNext(now);
      else socket.destroy();
    });

    function callback(length) {
      read(buffer.latin1Slice(0, length));
      return true;
    }

    /** At once; or, with a rate, when it is due. What comes late is late from the moment when it was due. */
    function sendNext(now) {
      if (!job.rate) return send();
      sentAt += interval;
      if (sentAt <= now) send();
      else setTimeout(send, Math.ceil(sentAt - now));
    }
  });
}

function count(job, answer, now, deadline, tally) {
  if (answer.status !== 200 || !answer.body.includes(job.expect))
    return refuse(tally, `${answer.status} ${answer.body}`);
  if (now > deadline) return;
  if (tally.ok === 0) tally.first = now;
  tally.last = now;
  tally.bytes += answer.bytes;
  // A few whole answers go back to the bench, which reads them as JSON: the first, and one in every 5,000.
  if (tally.ok++ % 5000 === 0 && tally.samples.length < 20) tally.samples.push(answer.body);
}

/** Milliseconds from the moment when a request was due to the end of its answer. */
function percentiles(latencies) {
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return { p50: at(0.5), p99: at(0.99) };
}

function refuse(tally, why) {
  tally.refused++;
  tally.firstRefused ??= why.slice(0, 300);
}

function chained({ head, before, after }, token) {
  return `${head}content-length: ${before.length + token.length + after.length}\r\n\r\n${before}${token}${after}`;
}

function successor({ field }, body) {
  const at = body.indexOf(`"${field}":"`);
  if (at < 0) return undefined;
  const from = at + field.length + 4;
  return body.slice(from, body.indexOf('"', from));
}
