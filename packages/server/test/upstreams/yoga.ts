import { createServer, type IncomingMessage } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { createResolvers, type ExecutableSchema, typeDefs, type UpstreamContext } from './schema.js';
import { listen, type Upstream } from './upstream.js';

interface ServerContext {
  req: IncomingMessage;
}

/** GraphQL Yoga 5 on node:http, on a random port; `more` is SDL that is added to its schema. */
export function start(...more: string[]): Promise<Upstream> {
  return startWith({ typeDefs: [typeDefs, ...more].join('\n'), resolvers: createResolvers() });
}

/** The same with a schema of the test's own. */
export async function startWith(schema: ExecutableSchema): Promise<Upstream> {
  const yoga = createYoga<ServerContext, UpstreamContext>({
    schema: createSchema<ServerContext & UpstreamContext>(schema),
    context: ({ req }) => ({ headers: req.headers }),
    maskedErrors: false,
    logging: false,
  });
  return { name: 'GraphQL Yoga', ...(await listen(createServer(yoga))) };
}
