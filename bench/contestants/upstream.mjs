// The API behind the gate: as fast as Node can be, so that the row measures the gates and not this.
// Any page of companies is the same 20 rows, and `query Large` is 8 MB of them; everything else (introspection, a gate's `{ __typename }`) is executed.
import { createServer } from 'node:http';
import { buildSchema, graphql } from 'graphql';
import { announce, readBody } from '../lib/contestant.mjs';
import { companies, companiesSdl, largeAnswer } from '../lib/sample.mjs';

const schema = buildSchema(companiesSdl);
const rows = Buffer.from(JSON.stringify({ data: { companies } }));
const large = largeAnswer();

const server = createServer((request, response) =>
  readBody(request, (body) => {
    if (body.includes('query Large')) return send(response, large);
    if (body.includes('companies') && !body.includes('__schema')) return send(response, rows);
    const { query, variables } = body.length > 0 ? JSON.parse(body) : { query: '{ __typename }' };
    graphql({ schema, source: query, variableValues: variables }).then((result) =>
      send(response, Buffer.from(JSON.stringify(result))),
    );
  }),
);
await announce(server);

function send(response, body) {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
  response.end(body);
}
