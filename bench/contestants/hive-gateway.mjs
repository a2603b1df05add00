// Hive Gateway's proxy mode on node:http, in one process: the runtime that its `hive-gateway proxy` command runs, without
// that command's WebSocket server.
// - With an issuer its JWT plugin verifies each request's token: signature by the issuer's JWK set, issuer, audience, expiry.
//   Without one no token is looked at.
// - Logging, landing page and GraphiQL are off. Its parse and validation caches, and its HTTP client with kept-alive
//   connections, are its defaults; so is that it validates each operation against the schema.
// - It merges equal queries that are under way at the same time (also its default). With one query from all callers it
//   would ask the upstream once for 30 answers; the bench asks for a thousand different pages instead.
// usage: hive-gateway.mjs UPSTREAM_URL [ISSUER]
import { createServer } from 'node:http';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import useJWT, { createRemoteJwksSigningKeyProvider, extractFromHeader } from '@graphql-mesh/plugin-jwt-auth';
import { announce } from '../lib/contestant.mjs';

const [endpoint, issuer] = process.argv.slice(2);
const runtime = createGatewayRuntime({
  proxy: { endpoint },
  logging: false,
  landingPage: false,
  graphiql: false,
  ...(issuer && { plugins: () => [verification()] }),
});
await announce(createServer(runtime));

function verification() {
  return useJWT({
    signingKeyProviders: [createRemoteJwksSigningKeyProvider({ jwksUri: `${issuer}/.well-known/jwks.json` })],
    tokenLookupLocations: [extractFromHeader({ name: 'authorization', prefix: 'Bearer' })],
    tokenVerification: { issuer, audience: `${issuer}/graphql`, algorithms: ['ES256'] },
    reject: { missingToken: true, invalidToken: true },
  });
}
