import Fastify from 'fastify';
import mercurius from 'mercurius';
import { createResolvers, type ExecutableSchema, typeDefs, type UpstreamContext } from './schema.js';
import { recordRequests, type Upstream } from './upstream.js';

declare module 'mercurius' {
  interface MercuriusContext extends UpstreamContext {}
}

/** Mercurius 16 on Fastify 5, on a random port; `more` is SDL that is added to its schema. */
export function start(...more: string[]): Promise<Upstream> {
  return startWith({ typeDefs: [typeDefs, ...more].join('\n'), resolvers: createResolvers() });
}

/** The same with a schema of the test's own. */
export async function startWith(schema: ExecutableSchema): Promise<Upstream> {
  const app = Fastify();
  await app.register(mercurius, {
    schema: schema.typeDefs,
    resolvers: schema.resolvers,
    subscription: { context: (_connection, request) => ({ headers: request.headers }) },
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
