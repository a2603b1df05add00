import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { createResolvers, type ExecutableSchema, typeDefs, type UpstreamContext } from './schema.js';
import { recordRequests, type Upstream } from './upstream.js';

/** Apollo Server 5 with its standalone HTTP server, on a random port; `more` is SDL that is added to its schema. */
export function start(...more: string[]): Promise<Upstream> {
  return startWith({ typeDefs: [typeDefs, ...more].join('\n'), resolvers: createResolvers() });
}

/** The same with a schema of the test's own. */
export async function startWith(schema: ExecutableSchema): Promise<Upstream> {
  const server = new ApolloServer<UpstreamContext>({
    ...schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
  });
  const listening = await startStandaloneServer(server, {
    listen: { port: 0, host: '127.0.0.1' },
    context: async ({ req }) => ({ headers: req.headers }),
  });
  const url = new URL('/graphql', listening.url);
  const { requests, stop } = recordRequests(Number(url.port));
  const close = () => {
    stop();
    return server.stop();
  };
  return { name: 'Apollo Server', url: url.href, requests, close };
}
