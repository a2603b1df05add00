import type { Config } from './config/schema.js';
import { createOwnerOf } from './gateway/root-fields.js';
import { createUpstream } from './gateway/upstream.js';
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
    upstream: hasUpstream ? createUpstream({ url: config.upstream, timeout: config.upstreamTimeout }) : undefined,
    schemas: createSchemaViews(surface, config.rename, hasUpstream),
    preparer: createPreparer(config, createOwnerOf(surface.fields, hasUpstream), surface.isCredentialField),
  };
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
