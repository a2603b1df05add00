// Hive Gateway's proxy mode on node:http, without any token check and without handing a token on.
// - The runtime that its `hive-gateway proxy` command runs, without that command's WebSocket server, in one process.
// - Logging, landing page and GraphiQL are off. Its parse and validation caches, and its HTTP client with kept-alive
//   connections, are its defaults; so is that it validates each operation against the schema, as Latchkey does.
// - It merges equal queries that are under way at the same time (also its default). With one query from all callers it
//   would ask the upstream once for 30 answers; the bench asks for a thousand different pages instead.
// usage: hive-gateway.mjs UPSTREAM_URL
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { announce } from '../lib/contestant.mjs';

const runtime = createGatewayRuntime({
  proxy: { endpoint: process.argv[2] },
  logging: false,
  landingPage: false,
  graphiql: false,
});
await announce(createServer(runtime));
