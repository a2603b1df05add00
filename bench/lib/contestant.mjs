import { once } from 'node:events';

/**
 * Listens on a free port of 127.0.0.1 and tells the bench about it. The process ends when the bench is gone,
 * however the bench ended, so that nothing stays behind.
 * @param {import('node:http').Server} server
 * @param {object} [extras] what else the bench must know, such as tokens made at the start
 */
export async function announce(server, extras = {}) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  tell({ port: server.address().port, ...extras });
}

/**
 * Announces a contestant that has no HTTP: the bench sends a number of seconds, and gets the rate reached in them.
 * @param {(seconds: number) => Promise<number>} measure answers in operations per second
 */
export function announceRate(measure) {
  process.on('message', async ({ seconds }) => process.send({ rate: await measure(seconds) }));
  tell({});
}

function tell(message) {
  process.once('disconnect', () => process.exit());
  process.send(message);
}

/**
 * The whole body of a request, as one Buffer.
 * @param {import('node:http').IncomingMessage} request
 * @param {(body: Buffer) => void} then
 */
export function readBody(request, then) {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => then(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
}
