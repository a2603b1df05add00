import { startChild } from './children.mjs';

/**
 * @typedef {object} Job what one contestant is asked in one round
 * @property {number} [port]
 * @property {number[]} [ports] instead: the connections are spread over them
 * @property {number} connections each has one request under way at a time
 * @property {number} seconds
 * @property {number} [rate] requests a second, evenly spread; as fast as they are answered unless given
 * @property {string} expect what the body of every answer must contain to be counted
 * @property {string[]} [requests] whole HTTP requests, sent in rotation
 * @property {Chain} [chain] instead: tokens from the front of a queue; the token that an answer held goes to its end
 *
 * @typedef {{ head: string, before: string, after: string, field: string, tokens: string[] }} Chain
 *
 * @typedef {object} Result
 * @property {number} rate answers a second
 * @property {number} ok answers that were 200 and as expected; only these count
 * @property {number} refused all others
 * @property {string} [firstRefused]
 * @property {string[]} samples some bodies, at most their first 64 KiB
 * @property {number} bytes of all bodies
 * @property {number} [p50] with a rate: milliseconds from when a request was due to the end of its answer
 * @property {number} [p99]
 * @property {string[]} tokens where the queue of a chain stands
 * @property {number} clientCpu share of one core that the load generator used
 */

/** Starts the load generator. @returns {Promise<(job: Job) => Promise<Result>>} */
export async function startLoad() {
  const child = await startChild('load generator', new URL('load-generator.mjs', import.meta.url));
  let last = 0;
  return (job) =>
    new Promise((resolve, reject) => {
      const id = ++last;
      const onMessage = (message) => message.id === id && finish(() => resolve(message.result));
      const onExit = () => finish(() => reject(new Error('the load generator ended in the middle of a round')));
      const finish = (then) => {
        child.process.off('message', onMessage).off('exit', onExit);
        then();
      };
      child.process.on('message', onMessage).on('exit', onExit);
      child.process.send({ id, job });
    });
}

/** A whole POST request as text. @param {Record<string, string>} [headers] */
export function post(path, body, headers = {}) {
  return `${head('POST', path, { 'content-type': 'application/json', ...headers })}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

/** A whole GET request as text. @param {Record<string, string>} [headers] */
export function get(path, headers = {}) {
  return `${head('GET', path, headers)}\r\n`;
}

/** Request line and headers, still open for more headers. */
export function head(method, path, headers = {}) {
  const lines = Object.entries({ host: '127.0.0.1', accept: 'application/json', ...headers });
  return `${method} ${path} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}`;
}
