import { publicAddresses } from './config/addresses.js';
import type { Config } from './config/schema.js';
import { startHousekeeping } from './domain/background/housekeeping.js';
import { createCallers } from './domain/callers/callers.js';
import { type SchemaFields, writeSchemaFields } from './gateway/schema-changes.js';
import { publicSentences } from './gateway/schema-problem.js';
import { createFinish } from './http/finish.js';
import { createGraphqlListener } from './http/graphql-endpoint.js';
import { loadIde } from './http/ide.js';
import { createHttpServer, dispatch, drain, holdRequests, listen } from './http/listener.js';
import { createMetrics } from './http/metrics.js';
import { createRoutes, type Readiness } from './http/routes.js';
import { securityHeaders } from './http/security-headers.js';
import { createSourceOf } from './http/source.js';
import { createLive } from './http/subscriptions/live.js';
import { acceptWebSockets } from './http/subscriptions/upgrade.js';
import { agreeOnNames, createDomain, openParts, type Parts, type Surroundings } from './open-domain.js';
import { createIdentity, type Gate, openGate } from './open-gate.js';
import type { Store } from './store/store.js';

export { openDomain, type Surroundings } from './open-domain.js';

export interface RunningServer {
  /** The address of the endpoint for a person: http://localhost:4000/graphql/ */
  readonly url: string;
  /** Rejects if the server finds out later that it cannot serve: a name of ours clashes with the upstream's. */
  readonly failed: Promise<never>;
  /** Reads the upstream's schema now; several in a row are one. */
  reloadUpstreamSchema(): void;
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
  const gate = await openGate(config, log, { onServed: (fields) => recordServed(store, fields) });
  const { schemas, upstream, watch } = gate;
  const server = createHttpServer(config);
  const sourceOf = createSourceOf(config.trustedProxies);
  const metrics = createMetrics({
    hashQueueLength: () => parts.passwordHashes.waiting,
    isUpstreamInService: () => schemas.isComplete,
    schema: upstream && watch.status,
    isUpstreamBreakerOpen: () => upstream?.breaker.isOpen === true,
    revokedSessions: () => parts.revocations.size,
    changesAge: () => follower.age(),
    usage: () => domain.usage,
    openConnections: () => live.connections,
    openOperations: () => live.operations,
  });
  let isStopping = false;
  const readiness = async (): Promise<Readiness> => ({
    signIn: !isStopping && (await isWritable(store)),
    ...upstreamReadiness(gate),
  });
  const ide = loadIde();
  const security = () => securityHeaders(publicUrl);
  const routes = await createRoutes(server, { metrics, jwks: () => parts.keys.jwks, readiness, log }, security);

  const answerWith = holdRequests(server);
  const port = await listen(server, config);
  const { publicUrl } = publicAddresses(config, port);
  const { domain, follower } = await agreeOnNames(config, store, port)
    .then((names) => createDomain(config, parts, names, watch.reload))
    .catch((error: unknown) => {
      server.close();
      // Those that were kept waiting, too: nobody will answer them.
      server.closeAllConnections();
      throw error;
    });
  const live = createLive(domain, config);
  const endpoint = {
    ...gate,
    identity: createIdentity(config, domain),
    domain,
    callers: createCallers(config),
    ide,
    publicUrl,
    sourceOf,
    corsOrigins: config.corsOrigins,
    bodyLimit: config.bodyLimit,
    live,
    connectionInitTimeout: config.connectionInitTimeout,
    subscriptionBuffer: config.subscriptionBuffer,
    subscriptionKeepAlive: config.subscriptionKeepAlive,
    uploads: config,
    finished: createFinish({ log, metrics, usage: domain.usage, sourceOf }),
  };
  acceptWebSockets(server, endpoint);
  answerWith(dispatch(createGraphqlListener(endpoint), routes));
  log.info({ port, publicUrl }, 'listening');
  follower.start();
  domain.usage.start();
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

  if (upstream) watch.start();
  return {
    url: `${publicUrl}/graphql/`,
    failed: watch.failed,
    reloadUpstreamSchema: watch.reload,
    async stop() {
      isStopping = true;
      log.info({}, 'stopping');
      const watched = watch.stop();
      await Promise.all([live.stop(config.shutdownTimeout), drain(server, config.shutdownTimeout)]);
      // Not close, which waits: a silent upstream holds what is left for long.
      upstream?.destroy();
      await gate.subscriber?.close();
      await Promise.all([watched, housekeeping.stop(), follower.stop(), domain.usage.stop()]);
      await store.close();
      log.info({}, 'stopped');
    },
  };
}

function upstreamReadiness({ upstream, watch }: Gate): Pick<Readiness, 'upstream' | 'schemaProblem'> {
  const { state, problem } = watch.status;
  if (!upstream) return { upstream: 'none', schemaProblem: undefined };
  if (state === 'unknown') {
    // That it is away is said already.
    const schemaProblem = problem && problem.kind !== 'away' ? publicSentences[problem.kind] : undefined;
    return { upstream: 'not reached yet', schemaProblem };
  }
  return {
    upstream: state === 'withheld' ? 'in service without its schema' : state,
    schemaProblem: problem && publicSentences[problem.kind],
  };
}

/** For "latchkey upstream reload", which says what would change. All nodes have the same, so it is mostly there. */
async function recordServed(store: Store, fields: SchemaFields): Promise<void> {
  const text = writeSchemaFields(fields);
  if ((await store.findServedSchema()) !== text) await store.recordServedSchema(text);
}

function isWritable(store: Store): Promise<boolean> {
  return store.ping().then(
    () => true,
    () => false,
  );
}
