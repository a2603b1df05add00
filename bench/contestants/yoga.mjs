// GraphQL Yoga 5 on node:http, without any authentication.
// - Its parse and validation cache is on by default. Logging, GraphiQL and the landing page are off.
import { createServer } from 'node:http';
import { createSchema, createYoga } from 'graphql-yoga';
import { announce } from '../lib/contestant.mjs';
import { viewer, viewerSdl } from '../lib/sample.mjs';

const schema = createSchema({ typeDefs: viewerSdl, resolvers: { Query: { viewer: () => viewer } } });
await announce(createServer(createYoga({ schema, logging: false, graphiql: false, landingPage: false })));
