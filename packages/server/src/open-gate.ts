import type { Config } from './config/schema.js';
import type { Domain } from './domain/domain.js';
import { createUpstreamIdentity, type UpstreamIdentity } from './gateway/identity/identity.js';
import { hiddenFields, introspectionFields, type SecretHeaders } from './gateway/identity/secret-headers.js';
import { createOwnerOf } from './gateway/root-fields.js';
import { createUpstream, type Upstream } from './gateway/upstream.js';
import { awaitUpstreamSchema } from './gateway/watch-schema.js';
import { createOwnSurface } from './graphql/own-schema.js';
import { createPreparer } from './graphql/prepare.js';
import { createSchemaViews } from './graphql/schema-views.js';
import type { Log } from './lib/log.js';

export type Gate = ReturnType<typeof createGate>;

/** Our surface, the upstream, and what knows which of the two a document speaks to. */
export function createGate(config: Config) {
  const hasUpstream = config.upstream !== undefined;
  const surface = createOwnSurface(config.rename);
  return {
    upstream: hasUpstream ? openUpstream(config, config.upstream) : undefined,
    schemas: createSchemaViews(surface, config.rename, hasUpstream),
    preparer: createPreparer(config, createOwnerOf(surface.fields, hasUpstream), surface.isCredentialField),
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
