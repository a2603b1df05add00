import { readFileSync } from 'node:fs';
import type { GraphQLSchema } from 'graphql';
import { ConfigError } from './config/error.js';
import type { Config } from './config/schema.js';
import type { Domain } from './domain/domain.js';
import { createDoor } from './gateway/door.js';
import { createUpstreamIdentity, type UpstreamIdentity } from './gateway/identity/identity.js';
import { hiddenFields, introspectionFields, type SecretHeaders } from './gateway/identity/secret-headers.js';
import { findUnknownCoordinates } from './gateway/policy/coordinates.js';
import type { Rules } from './gateway/policy/rules.js';
import { createOwnerOf } from './gateway/root-fields.js';
import { mergeSchemas } from './gateway/schema.js';
import type { SchemaFields } from './gateway/schema-changes.js';
import { loadUpstreamSchema, type SchemaSource } from './gateway/schema-load.js';
import { SchemaProblem } from './gateway/schema-problem.js';
import type { Subscriber } from './gateway/subscribe/line.js';
import { createSubscriber } from './gateway/subscribe/subscriber.js';
import { createUpstream, type Upstream } from './gateway/upstream.js';
import { createSchemaWatch } from './gateway/watch-schema.js';
import { createCosts } from './graphql/costs.js';
import { createDocuments } from './graphql/documents.js';
import { createGuardOf } from './graphql/guard.js';
import { type Manifest, ManifestError, parseManifest } from './graphql/manifest.js';
import { createOwnSurface } from './graphql/own-schema.js';
import { createPreparer } from './graphql/prepare.js';
import { createSchemaViews } from './graphql/schema-views.js';
import type { Log } from './lib/log.js';

export type Gate = Awaited<ReturnType<typeof openGate>>;

/** What the gate tells others. */
export interface GateListeners {
  /** The upstream's schema in service is another one now. */
  onServed(fields: SchemaFields): Promise<void>;
}

/**
 * Our surface, the upstream, what knows which of the two a document speaks to, and what keeps the upstream's schema up
 * to date once it is started. A schema that is given as a file is in service when it resolves. Rejects with a
 * ConfigError where that file cannot be used, or with a NameClashError.
 */
export async function openGate(config: Config, log: Log, { onServed }: GateListeners) {
  const hasUpstream = config.upstream !== undefined;
  const surface = createOwnSurface(config.rename);
  const upstream = openUpstream(config, log);
  const schemas = createSchemaViews(surface, config.rename, hasUpstream, config.policy);
  const ownerOf = createOwnerOf(surface.fields, hasUpstream, surface.inputs);
  const upstreamSchema = () => (hasUpstream && schemas.isComplete ? schemas.current.authenticated : undefined);
  const costs = createCosts(config, ownerOf, upstreamSchema);
  const manifest = config.trustedDocuments === undefined ? undefined : readManifest(config.trustedDocuments);
  const documents = createDocuments({ documents: config.documents, manifest });
  const guardOf = createGuardOf(schemas, config, ownerOf);
  const preparer = createPreparer(config, ownerOf, surface.isCredentialField, { costs, documents, guardOf });
  const door = createDoor(!hasUpstream);
  const source = schemaSourceOf(config, upstream);
  const watch = createSchemaWatch({
    load: (loading) => loadUpstreamSchema(source, loading),
    install(schema) {
      schemas.install(schema);
      // In the same turn: no document is ever run by what was found out about it under another schema.
      preparer.clear();
      reportUnknownCoordinates(config.policy, schema, log);
    },
    onServed,
    door,
    interval: config.upstreamSchemaInterval,
    from: source.file ?? upstream?.origin ?? '',
    log,
  });
  if (upstream && source.file !== undefined) watch.begin(await loadUpstreamSchema(source).catch(asConfigError));
  return { upstream, subscriber: openSubscriber(config, upstream), schemas, documents, preparer, door, watch };
}

/** For a command, which has its own words for what goes wrong. */
const quiet = { info: () => undefined, warn: () => undefined };

/** A connection pool to the upstream that the settings name; undefined where they name none. */
export function openUpstream(config: Config, log: Pick<Log, 'info' | 'warn'> = quiet): Upstream | undefined {
  if (config.upstream === undefined) return undefined;
  const secrets = secretHeadersOf(config);
  const settings = {
    url: config.upstream,
    timeout: config.upstreamTimeout,
    breaker: { failures: config.upstreamBreakerFailures, pause: config.upstreamBreakerPause },
    hidden: hiddenFields(secrets),
    introspectionHeaders: introspectionFields(secrets),
  };
  return createUpstream(settings, log);
}

function secretHeadersOf({ upstreamHeader = {}, introspectionHeader = {} }: Config): SecretHeaders {
  return { secretHeaders: upstreamHeader, introspectionHeaders: introspectionHeader };
}

/** How the upstream learns who is asking. */
export function createIdentity(config: Config, domain: Domain): UpstreamIdentity {
  return createUpstreamIdentity(domain, {
    ...secretHeadersOf(config),
    mode: config.upstreamIdentity,
    preset: config.upstreamClaimsPreset,
    defaultRole: config.upstreamDefaultRole,
    claims: config.upstreamClaims,
    audience: config.upstreamAudience ?? addressOf(config.upstream),
    tokenLifetime: config.upstreamTokenLifetime,
    headers: config.upstreamIdentityHeaders,
  });
}

/** Without the query, which may hold a key. */
function addressOf(url: string | undefined): string {
  if (url === undefined) return '';
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}

function readManifest(path: string): Manifest {
  try {
    return parseManifest(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = error instanceof ManifestError ? error.message : `cannot be read (${code ?? error}).`;
    throw new ConfigError(`The file ${path} of trustedDocuments ${reason}`, { cause: error });
  }
}

/** Where the settings say that the upstream's schema comes from, for a server and for a command. */
export function schemaSourceOf(config: Config, upstream: Upstream | undefined): SchemaSource {
  // An answer that comes in small pieces may take longer than its beginning may.
  const patience = 2 * config.upstreamTimeout;
  return { file: config.upstreamSchema, questioner: upstream && { upstream, patience } };
}

/** Returns the schema if it can be served beside our part. Throws NameClashError. */
export function checkSchema(schema: GraphQLSchema, { rename }: Config): GraphQLSchema {
  mergeSchemas(schema, createOwnSurface(rename).document, rename);
  return schema;
}

function asConfigError(error: unknown): never {
  throw error instanceof SchemaProblem ? new ConfigError(error.message, { cause: error }) : error;
}

function openSubscriber(config: Config, upstream: Upstream | undefined): Subscriber | undefined {
  const kind = config.upstreamSubscriptions;
  if (config.upstream === undefined || !upstream || kind === 'off') return undefined;
  const settings = {
    url: config.upstreamSubscriptionUrl ?? config.upstream,
    timeout: config.upstreamTimeout,
    buffer: config.subscriptionBuffer,
    keepAlive: config.subscriptionKeepAlive,
  };
  return createSubscriber(kind, settings, upstream);
}

/** Only said: an API that drops a field must not keep the gate from opening. */
function reportUnknownCoordinates(rules: Rules, schema: GraphQLSchema, log: Log): void {
  for (const { coordinate, message } of findUnknownCoordinates(rules, schema)) {
    log.error({ coordinate, reason: message }, 'a rule of the policy holds for nothing');
  }
}
