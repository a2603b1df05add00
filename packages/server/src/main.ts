import { publicAddresses } from './config/addresses.js';
import type { Config } from './config/schema.js';
import { startHousekeeping } from './domain/background/housekeeping.js';
import { createCallers } from './domain/callers/callers.js';
import { createFinish } from './http/finish.js';
import { createGraphqlListener } from './http/graphql-endpoint.js';
import { loadIde } from './http/ide.js';
import { createHttpServer, dispatch, drain, holdRequests, listen } from './http/listener.js';
import { createMetrics } from './http/metrics.js';
import { createRoutes, type Readiness } from './http/routes.js';
import { securityHeaders } from './http/security-headers.js';
import { createSourceOf } from './http/source.js';
import { agreeOnNames, createDomain, openParts, type Parts, type Surroundings } from './open-domain.js';
import { bringUpstreamIntoService, createGate, createIdentity } from './open-gate.js';
import type { Store } from './store/store.js';

export { openDomain, type Surroundings } from './open-domain.js';

export interface RunningServer {
  /** The address of the endpoint for a person: http://localhost:4000/graphql/ */
  readonly url: string;
  /** Rejects if the server finds out later that it cannot serve: a name of ours clashes with the upstream's. */
  readonly failed: Promise<never>;
  /** Finishes what is in flight, then closes everything. */
  stop(): Promise<void>;
}

/** Starts the server and resolves when it accepts connections. Rejects with what the operator should read. */
export async function startServer(config: Config, surroundings: Surroundings = {}): Promise<RunningServer> {
  const parts = await openParts(config, surroundings);
  try {
    return await serve(config, parts);
  } catch (error) {
    await parts.store.close();
    throw error;
  }
}

async function serve(config: Config, parts: Parts): Promise<RunningServer> {
  const { store, log } = parts;
  const gate = createGate(config);
  const { schemas, upstream } = gate;
  const server = createHttpServer(config);
  const sourceOf = createSourceOf(config.trustedProxies);
  const metrics = createMetrics({
    hashQueueLength: () => parts.passwordHashes.waiting,
    isUpstreamInService: () => schemas.isComplete,
    revokedSessions: () => parts.revocations.size,
    changesAge: () => follower.age(),
  });
  let isStopping = false;
  const readiness = async (): Promise<Readiness> => ({
    signIn: !isStopping && (await isWritable(store)),
    upstream: !upstream ? 'none' : schemas.isComplete ? 'in service' : 'not reached yet',
  });
  const ide = loadIde();
  const security = () => securityHeaders(publicUrl);
  const routes = await createRoutes(server, { metrics, jwks: () => parts.keys.jwks, readiness, log }, security);

  const answerWith = holdRequests(server);
  const port = await listen(server, config);
  const { publicUrl } = publicAddresses(config, port);
  const { domain, follower } = await agreeOnNames(config, store, port)
    .then((names) => createDomain(config, parts, names))
    .catch((error: unknown) => {
      server.close();
      // Those that were kept waiting, too: nobody will answer them.
      server.closeAllConnections();
      throw error;
    });
  const graphql = createGraphqlListener({
    ...gate,
    identity: createIdentity(config, domain),
    domain,
    callers: createCallers(config),
    ide,
    publicUrl,
    sourceOf,
    corsOrigins: config.corsOrigins,
    bodyLimit: config.bodyLimit,
    finished: createFinish(log, metrics, sourceOf),
  });
  answerWith(dispatch(graphql, routes));
  log.info({ port, publicUrl }, 'listening');
  follower.start();
  const housekeeping = startHousekeeping(
    {
      store,
      log,
      retention: config,
      rotateKeyIfDue: parts.keys.rotateIfDue,
      isClockSuspect: parts.clock.hasJumpedAhead,
    },
    parts.clock,
  );

  const ending = new AbortController();
  return {
    url: `${publicUrl}/graphql/`,
    failed: bringUpstreamIntoService(gate, log, ending.signal),
    async stop() {
      isStopping = true;
      log.info({}, 'stopping');
      ending.abort();
      await drain(server, config.shutdownTimeout);
      // Not close, which waits: what is left can only be an introspection, and a silent upstream holds that for long.
      await upstream?.pool.destroy();
      await Promise.all([housekeeping.stop(), follower.stop()]);
      await store.close();
      log.info({}, 'stopped');
    },
  };
}

function isWritable(store: Store): Promise<boolean> {
  return store.ping().then(
    () => true,
    () => false,
  );
}
