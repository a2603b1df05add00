// The least that a JSON endpoint on Node can do: read the body, parse it, answer a JSON as long as the others' answers.
import { createServer } from 'node:http';
import { announce, readBody } from '../lib/contestant.mjs';
import { viewer } from '../lib/sample.mjs';

const server = createServer((request, response) =>
  readBody(request, (body) => {
    // Parsed and used, so that no engine may leave it out; a GET (the readiness poll) has no body.
    const asked = body.length > 0 ? JSON.parse(body).query.length > 0 : true;
    const answer = JSON.stringify({ data: { viewer: asked && viewer } });
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(answer) });
    response.end(answer);
  }),
);
await announce(server);
