import Fastify from 'fastify';
import mercurius from 'mercurius';
import { createResolvers, typeDefs, type UpstreamContext } from './schema.js';
import { recordRequests, type Upstream } from './upstream.js';

declare module 'mercurius' {
  interface MercuriusContext extends UpstreamContext {}
}

/** Mercurius 16 on Fastify 5, on a random port; `more` is SDL that is added to its schema. */
export async function start(...more: string[]): Promise<Upstream> {
  const app = Fastify();
  await app.register(mercurius, {
    schema: [typeDefs, ...more].join('\n'),
    subscription: { context: (_connection, request) => ({ headers: request.headers }) },
    resolvers: createResolvers(),
    context: (request) => ({ headers: request.headers }),
  });
  const origin = await app.listen({ port: 0, host: '127.0.0.1' });
  const { requests, stop } = recordRequests(Number(new URL(origin).port));
  const close = async () => {
    stop();
    await app.close();
  };
  return { name: 'Mercurius', url: `${origin}/graphql`, requests, close };
}
