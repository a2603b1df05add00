import type { RequestListener, Server } from 'node:http';
import fastifyStatic from '@fastify/static';
import Fastify, { type FastifyInstance } from 'fastify';
import { LatchkeyError } from '../domain/errors.js';
import { jwksMaxAge } from '../domain/tokens/signing-keys-schedule.js';
import type { RawHeaders } from '../gateway/headers.js';
import { formatError, toLatchkeyError } from '../graphql/format-error.js';
import type { Log } from '../lib/log.js';
import { createExchange } from './exchange.js';
import { ideDirectory, idePath } from './ide.js';
import type { Metrics } from './metrics.js';

export interface Routes {
  readonly metrics: Metrics;
  /** The JWK set, as JSON. */
  jwks(): string;
  readiness(): Promise<Readiness>;
  readonly log: Log;
}

export interface Readiness {
  /** Whether people can sign in: what a load balancer asks. An upstream that is away does not change it. */
  readonly signIn: boolean;
  /** Whether the upstream's schema is in service. */
  readonly upstream: 'in service' | 'in service without its schema' | 'not reached yet' | 'none';
  /** Why the schema that the upstream has now is not in service: a sentence for anybody. */
  readonly schemaProblem: string | undefined;
}

/**
 * Everything besides /graphql. These are not asked for often, so Fastify serves them; /graphql has its own
 * listener because the framework's share of a request was measured at a quarter of it.
 */
export async function createRoutes(
  server: Server,
  routes: Routes,
  security: () => RawHeaders,
): Promise<RequestListener> {
  let listener: RequestListener = () => undefined;
  const app = Fastify({
    exposeHeadRoutes: true,
    serverFactory: (handler) => {
      listener = handler;
      return server;
    },
    // The server has its own (listener.ts); a second one would end the uploads that may take their time.
    clientErrorHandler: () => undefined,
    genReqId: (request) => createExchange(request, undefined as never).id,
  });
  app.addHook('onRequest', (_request, reply, done) => {
    const headers = security();
    for (let i = 0; i < headers.length; i += 2) reply.header(headers[i] as string, headers[i + 1]);
    done();
  });
  app.register(fastifyStatic, { root: ideDirectory, prefix: idePath, index: false, immutable: true, maxAge: '1y' });
  addRoutes(app, routes);
  app.setNotFoundHandler((request, reply) => {
    const error = new LatchkeyError('NOT_FOUND');
    reply.code(error.status).send({ errors: [formatError(error, request.id)] });
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = toLatchkeyError(thrown);
    routes.log.error({ requestId: request.id, err: thrown }, 'request failed');
    reply.code(error.status).send({ errors: [formatError(error, request.id)] });
  });
  await app.ready();
  return listener;
}

function addRoutes(app: FastifyInstance, { metrics, jwks, readiness }: Routes): void {
  app.get('/', (_request, reply) => reply.redirect('/graphql/', 302));
  app.get('/healthz', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }));
  app.get('/readyz', async (_request, reply) => {
    const { signIn, upstream, schemaProblem } = await readiness();
    reply.code(signIn ? 200 : 503).header('cache-control', 'no-store');
    return {
      status: signIn ? 'ready' : 'not ready',
      signIn,
      upstream,
      ...(schemaProblem !== undefined && { schemaProblem }),
    };
  });
  app.get('/metrics', async (_request, reply) => {
    reply.header('content-type', metrics.contentType).header('cache-control', 'no-store');
    return metrics.render();
  });
  app.get('/.well-known/jwks.json', (_request, reply) =>
    reply
      .header('content-type', 'application/json')
      .header('cache-control', `public, max-age=${jwksMaxAge}`)
      // Public keys: a verifier in a browser may read them.
      .header('access-control-allow-origin', '*')
      .send(jwks()),
  );
}
