import { pino } from 'pino';
import { publicAddresses } from './config/addresses.js';
import type { Config } from './config/schema.js';
import { loadSecretFile } from './config/secret-file.js';
import { createPasswordHashes } from './domain/accounts/password-hashes.js';
import type { Domain } from './domain/domain.js';
import { deriveKeys } from './domain/secret.js';
import { createAccessTokens } from './domain/tokens/access-tokens.js';
import { loadRevocations } from './domain/tokens/revocations.js';
import { loadSigningKeys } from './domain/tokens/signing-keys.js';
import { createOwnerOf } from './gateway/root-fields.js';
import { createUpstream } from './gateway/upstream.js';
import { awaitUpstreamSchema } from './gateway/watch-schema.js';
import { createOwnSurface } from './graphql/own-schema.js';
import { createPreparer } from './graphql/prepare.js';
import { createSchemaViews } from './graphql/schema-views.js';
import { createFinish } from './http/finish.js';
import { createGraphqlListener } from './http/graphql-endpoint.js';
import { loadIde } from './http/ide.js';
import { createHttpServer, dispatch, drain, listen } from './http/listener.js';
import { createMetrics } from './http/metrics.js';
import { createRoutes, type Readiness } from './http/routes.js';
import { securityHeaders } from './http/security-headers.js';
import { createSourceOf } from './http/source.js';
import type { Clock } from './lib/clock.js';
import type { Log } from './lib/log.js';
import { openSqliteStore } from './store/sqlite/open.js';
import type { Store } from './store/store.js';

export interface Surroundings {
  /** Where log lines go; JSON lines on standard output if not given. */
  readonly log?: Log;
  /** The time; the system's if not given. */
  readonly clock?: Clock;
}

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
  });
  let isStopping = false;
  const readiness = async (): Promise<Readiness> => ({
    signIn: !isStopping && (await isWritable(store)),
    upstream: !upstream ? 'none' : schemas.isComplete ? 'in service' : 'not reached yet',
  });
  const ide = loadIde();
  const security = () => securityHeaders(publicUrl);
  const routes = await createRoutes(server, { metrics, jwks: parts.keys.jwks, readiness, log }, security);

  const port = await listen(server, config);
  // Nothing is awaited from here to the listener: the first connection is accepted after it is there.
  const { publicUrl, audience } = publicAddresses(config, port);
  const graphql = createGraphqlListener({
    ...gate,
    domain: createDomain(config, parts, { issuer: publicUrl, audience }),
    ide,
    publicUrl,
    sourceOf,
    corsOrigins: config.corsOrigins,
    bodyLimit: config.bodyLimit,
    finished: createFinish(log, metrics, sourceOf),
  });
  server.removeAllListeners('request').on('request', dispatch(graphql, routes));
  log.info({ port, publicUrl }, 'listening');

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
      await store.close();
      log.info({}, 'stopped');
    },
  };
}

type Gate = ReturnType<typeof createGate>;

/** Our surface, the upstream, and what knows which of the two a document speaks to. */
function createGate(config: Config) {
  const hasUpstream = config.upstream !== undefined;
  const surface = createOwnSurface(config.rename);
  return {
    upstream: hasUpstream ? createUpstream({ url: config.upstream, timeout: config.upstreamTimeout }) : undefined,
    schemas: createSchemaViews(surface, config.rename, hasUpstream),
    preparer: createPreparer(config, createOwnerOf(surface.fields, hasUpstream), surface.isCredentialField),
  };
}

/** Never resolves; rejects if the upstream's schema can never be served beside ours. */
function bringUpstreamIntoService(
  { upstream, schemas, preparer }: Gate,
  log: Log,
  signal: AbortSignal,
): Promise<never> {
  const failed = new Promise<never>((_, reject) => {
    if (!upstream) return;
    awaitUpstreamSchema(upstream, log, signal)
      .then((schema) => {
        schemas.install(schema);
        preparer.clear();
        log.info({ upstream: upstream.origin }, 'the schema of the upstream is in service');
      })
      .catch((error: unknown) => {
        if (!signal.aborted) reject(error);
      });
  });
  // Whoever holds the promise hears of it; nobody has to.
  failed.catch(() => undefined);
  return failed;
}

function isWritable(store: Store): Promise<boolean> {
  return store.ping().then(
    () => true,
    () => false,
  );
}

/** Opens the domain without a server, for the operator's commands; also while a server runs on the same data. */
export async function openDomain(
  config: Config,
  surroundings: Surroundings = {},
): Promise<{ readonly domain: Domain; close(): Promise<void> }> {
  const parts = await openParts(config, surroundings);
  const { publicUrl, audience } = publicAddresses(config, config.port);
  return {
    domain: createDomain(config, parts, { issuer: publicUrl, audience }),
    close: () => parts.store.close(),
  };
}

type Parts = Awaited<ReturnType<typeof openParts>>;

/** What takes time or can fail: the log, the secret, the store and what is loaded from it. */
async function openParts(config: Config, { log, clock = Date.now }: Surroundings) {
  const derived = deriveKeys(config.secret ?? loadSecretFile(config.data));
  const store = openSqliteStore(config.data);
  try {
    return {
      clock,
      store,
      log: log ?? pino({ level: config.logLevel }),
      refreshTokenKey: derived.refreshToken,
      keys: await loadSigningKeys(store, derived.keyEncryption, config.signingAlgorithm, clock()),
      revocations: await loadRevocations(store, config.accessTokenLifetime, clock),
      passwordHashes: createPasswordHashes(config.hashQueue),
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function createDomain(config: Config, parts: Parts, names: { issuer: string; audience: string }): Domain {
  const { keys, revocations, clock } = parts;
  const lifetime = config.accessTokenLifetime;
  return {
    ...parts,
    accessTokens: createAccessTokens(keys, revocations, { ...names, lifetime }, clock),
    settings: config,
  };
}
