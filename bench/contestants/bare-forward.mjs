// What a gate costs at least: node:http in, undici out, no token looked at. The whole request body is read first, as
// any gate must that looks at the operation; the answer goes back as it comes.
// usage: bare-forward.mjs UPSTREAM_URL request|stream|dispatch
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { announce, readBody } from '../lib/contestant.mjs';

const [url, primitive] = process.argv.slice(2);
const { origin, pathname } = new URL(url);
// One request under way per connection, as many connections as are needed (both are undici's defaults).
const pool = new Pool(origin);

const ways = {
  request(options, response) {
    pool.request(options).then((answer) => {
      response.writeHead(answer.statusCode, pick(answer.headers));
      answer.body.pipe(response);
    }, failed(response));
  },
  stream(options, response) {
    const toCaller = ({ statusCode, headers }) => response.writeHead(statusCode, pick(headers));
    pool.stream(options, toCaller).catch(failed(response));
  },
  dispatch(options, response) {
    pool.dispatch(options, {
      onRequestStart() {},
      onResponseStart: (_controller, status, headers) => response.writeHead(status, pick(headers)),
      onResponseData(controller, chunk) {
        if (response.write(chunk)) return;
        controller.pause();
        response.once('drain', () => controller.resume());
      },
      onResponseEnd: () => response.end(),
      onResponseError: (_controller, error) => failed(response)(error),
    });
  },
};

const forward = ways[primitive];
const server = createServer((request, response) =>
  readBody(request, (body) => {
    const { 'content-type': type = 'application/json', authorization = '' } = request.headers;
    const headers = { 'content-type': type, accept: 'application/json', authorization };
    forward({ path: pathname, method: 'POST', headers, body }, response);
  }),
);
await announce(server);

function pick(headers) {
  const length = headers['content-length'];
  return { 'content-type': headers['content-type'], ...(length && { 'content-length': length }) };
}

function failed(response) {
  return () => (response.headersSent ? response.destroy() : response.writeHead(502).end());
}
