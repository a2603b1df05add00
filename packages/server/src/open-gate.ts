import { readFileSync } from 'node:fs';
import { ConfigError } from './config/error.js';
import type { Config } from './config/schema.js';
import type { Domain } from './domain/domain.js';
import { createUpstreamIdentity, type UpstreamIdentity } from './gateway/identity/identity.js';
import { hiddenFields, introspectionFields, type SecretHeaders } from './gateway/identity/secret-headers.js';
import { createOwnerOf } from './gateway/root-fields.js';
import { createUpstream, type Upstream } from './gateway/upstream.js';
import { awaitUpstreamSchema } from './gateway/watch-schema.js';
import { createCosts } from './graphql/costs.js';
import { createDocuments } from './graphql/documents.js';
import { type Manifest, ManifestError, parseManifest } from './graphql/manifest.js';
import { createOwnSurface } from './graphql/own-schema.js';
import { createPreparer } from './graphql/prepare.js';
import { createSchemaViews } from './graphql/schema-views.js';
import type { Log } from './lib/log.js';

export type Gate = ReturnType<typeof createGate>;

/** Our surface, the upstream, and what knows which of the two a document speaks to. Throws ConfigError. */
export function createGate(config: Config) {
  const hasUpstream = config.upstream !== undefined;
  const surface = createOwnSurface(config.rename);
  const ownerOf = createOwnerOf(surface.fields, hasUpstream);
  const schemas = createSchemaViews(surface, config.rename, hasUpstream);
  const upstreamSchema = () => (hasUpstream && schemas.isComplete ? schemas.current.authenticated : undefined);
  const costs = createCosts(config, ownerOf, upstreamSchema);
  const manifest = config.trustedDocuments === undefined ? undefined : readManifest(config.trustedDocuments);
  const documents = createDocuments({ documents: config.documents, manifest });
  return {
    upstream: hasUpstream ? openUpstream(config, config.upstream) : undefined,
    schemas,
    documents,
    preparer: createPreparer(config, ownerOf, surface.isCredentialField, { costs, documents }),
  };
}

function openUpstream(config: Config, url: string): Upstream {
  const secrets = secretHeadersOf(config);
  return createUpstream({
    url,
    timeout: config.upstreamTimeout,
    hidden: hiddenFields(secrets),
    introspectionHeaders: introspectionFields(secrets),
  });
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

/** Never resolves; rejects if the upstream's schema can never be served beside ours. */
export function bringUpstreamIntoService(
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
