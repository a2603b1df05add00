import * as latchkey from '../lib/latchkey.mjs';
import { viewer, viewerQuery } from '../lib/sample.mjs';
import { startContestant, startUpstream } from '../lib/start.mjs';

const one = 'Latchkey, one token';
const many = 'Latchkey, 1,000 tokens';

/** @type {import('../lib/row.mjs').Row} */
export const row = {
  name: 'viewer',
  title: '`viewer` with a verified token',
  connections: 64,
  async contestants({ load, withLatchkey }) {
    const list = [
      await peer('bare node:http', 'bare-http'),
      await peer('Mercurius 16, JIT, no auth', 'mercurius'),
      await peer('graphql-http, cached, no auth', 'graphql-http'),
      await peer('GraphQL Yoga 5, no auth', 'yoga'),
    ];
    if (withLatchkey) list.splice(1, 0, ...(await ours()));
    return list;

    async function peer(name, file) {
      // A token of the usual length, so that all read the same number of bytes.
      const requests = [latchkey.operation(viewerQuery, undefined, 'x'.repeat(560))];
      return contestant(name, await startContestant(name, file), requests);
    }

    async function ours() {
      const child = await latchkey.startLatchkey((await startUpstream()).url);
      await latchkey.mustRefuse(child, viewerQuery);
      const requests = (await latchkey.manyTokens(child, 1000)).map((token) =>
        latchkey.operation(viewerQuery, undefined, token),
      );
      return [contestant(one, child, requests.slice(0, 1)), contestant(many, child, requests)];
    }

    function contestant(name, child, requests) {
      const job = { port: child.port, connections: 64, requests, expect: viewer.userName };
      const check = ({ data }) => Object.keys(data.viewer).join() === 'id,userName,scope';
      return { name, child, check, run: (seconds) => load({ ...job, seconds }) };
    }
  },
  targets: [one, many].flatMap((ours) => [
    { ours, of: ['bare node:http'], atLeast: 0.55 },
    { ours, of: ['Mercurius 16, JIT, no auth'], atLeast: 1 },
    { ours, of: ['graphql-http, cached, no auth'], atLeast: 1 },
    { ours, of: ['GraphQL Yoga 5, no auth'], atLeast: 1 },
  ]),
};
