// graphql-http on node:http, without any authentication.
// - It has no cache of its own; its options take the functions, so parse and validate are memoized here by the text.
import { createServer } from 'node:http';
import { buildSchema, parse, validate } from 'graphql';
import { createHandler } from 'graphql-http/lib/use/http';
import { announce } from '../lib/contestant.mjs';
import { viewer, viewerSdl } from '../lib/sample.mjs';

const documents = new Map();
const errors = new Map();
const memoized = (cache, key, make) => {
  if (!cache.has(key)) cache.set(key, make());
  return cache.get(key);
};

const handler = createHandler({
  schema: buildSchema(viewerSdl),
  rootValue: { viewer: () => viewer },
  parse: (source) => memoized(documents, source.body ?? source, () => parse(source)),
  validate: (schema, document) => memoized(errors, document, () => validate(schema, document)),
});
await announce(createServer(handler));
