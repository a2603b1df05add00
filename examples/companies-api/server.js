import { readFileSync, realpathSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildSchema } from 'graphql';
import { createHandler } from 'graphql-http';
import { createRoot } from './companies.js';

const MAX_BODY_BYTES = 1_000_000;

/** @param {import('node:http').IncomingMessage} request */
async function readBody(request) {
  const chunks = [];
  let size = 0;
  // Leaving the loop early must not destroy the socket: the refusal still has to be sent over it.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    size += chunk.length;
    if (size > MAX_BODY_BYTES) throw new RangeError(`The body is larger than ${MAX_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** @returns {(request: import('node:http').IncomingMessage) => ReturnType<import('graphql-http').Handler>} */
function createAnswer() {
  const schema = buildSchema(readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8'));
  const handle = createHandler({ schema, rootValue: createRoot() });
  return async (request) => {
    const { method = 'GET', url = '/', headers } = request;
    if (!/^\/graphql\/?(\?|$)/.test(url)) return plain(404, 'Not Found', 'Not here: the API is at /graphql.');
    try {
      const body = await readBody(request);
      return await handle({ method, url, headers, body, raw: request, context: undefined });
    } catch (error) {
      if (error instanceof RangeError) return plain(413, 'Content Too Large', error.message);
      console.error(error);
      return plain(500, 'Internal Server Error', 'Something went wrong in the companies API.');
    }
  };
}

/** @param {number} status @param {string} statusText @param {string} text @returns {import('graphql-http').Response} */
const plain = (status, statusText, text) => [
  `${text}\n`,
  { status, statusText, headers: { 'content-type': 'text/plain' } },
];

/**
 * Starts the companies API: GraphQL over HTTP at `/graphql`, data in memory, no sign-in of any kind.
 * @param {{ port?: number, host?: string }} [options] port 0, the default, takes any free port
 * @returns {Promise<{ url: string, close: () => Promise<void> }>} `url` is the GraphQL endpoint; `close` finishes what is
 *   in flight, then stops
 * @throws {Error} when the port is taken or not allowed
 */
export async function startCompaniesApi({ port = 0, host = '127.0.0.1' } = {}) {
  const answer = createAnswer();
  const server = createServer(async (request, response) => {
    const [body, { status, statusText, headers }] = await answer(request);
    // A connection that stays open would hold up close, and one with an unread body cannot be used again.
    if (!server.listening || status === 413) response.setHeader('connection', 'close');
    response.writeHead(status, statusText, headers).end(body);
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(undefined));
  });
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const name = host.includes(':') ? `[${host}]` : host;

  /** @type {Promise<void> | undefined} */
  let closed;
  const close = () => {
    closed ??= new Promise((resolve) => server.close(() => resolve()));
    return closed;
  };
  return { url: `http://${name}:${address.port}/graphql`, close };
}

async function main() {
  const { values } = parseArgs({
    options: { port: { type: 'string', default: '5000' }, host: { type: 'string', default: '127.0.0.1' } },
  });
  const api = await startCompaniesApi({ port: Number(values.port), host: values.host });
  console.log(`The companies API listens on ${api.url}`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, api.close);
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  main().catch((error) => {
    console.error(`The companies API could not start: ${error.message}`);
    process.exitCode = 1;
  });
}
