// Mercurius 16 on Fastify 5, without any authentication.
// - jit: 1 compiles a query at its first execution; parsed and validated documents are cached (its default).
// - logger: false, no GraphiQL route, no subscriptions (defaults).
import Fastify from 'fastify';
import mercurius from 'mercurius';
import { announce } from '../lib/contestant.mjs';
import { viewer, viewerSdl } from '../lib/sample.mjs';

const app = Fastify({ logger: false });
await app.register(mercurius, { schema: viewerSdl, resolvers: { Query: { viewer: () => viewer } }, jit: 1 });
await app.ready();
await announce(app.server);
