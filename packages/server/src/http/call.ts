import type { IncomingMessage } from 'node:http';
import type { Callers } from '../domain/callers/callers.js';
import type { Domain } from '../domain/domain.js';
import type { Claims } from '../domain/tokens/access-tokens.js';
import type { Door } from '../gateway/door.js';
import type { RawHeaders } from '../gateway/headers.js';
import type { UpstreamIdentity } from '../gateway/identity/identity.js';
import type { Upstream } from '../gateway/upstream.js';
import type { Documents } from '../graphql/documents.js';
import type { Negotiated } from '../graphql/media-type.js';
import type { Params } from '../graphql/params.js';
import type { Prepared, Preparer } from '../graphql/prepare.js';
import type { SchemaViews } from '../graphql/schema-views.js';
import type { Exchange } from './exchange.js';
import type { Page } from './ide.js';

/** What the endpoint works with. */
export interface GraphqlEndpoint {
  readonly domain: Domain;
  readonly preparer: Preparer;
  readonly documents: Documents;
  readonly callers: Callers;
  readonly schemas: SchemaViews;
  readonly upstream: Upstream | undefined;
  readonly identity: UpstreamIdentity;
  /** Shut until it is known what the upstream's schema says. */
  readonly door: Door;
  readonly ide: Page;
  readonly publicUrl: string;
  readonly corsOrigins: readonly string[];
  readonly bodyLimit: number;
  sourceOf(request: IncomingMessage): string;
  /** Called once for each exchange, when its answer is written or its caller gone. */
  finished(exchange: Exchange): void;
}

/** A request that has been read and may be answered. */
export interface Call {
  readonly exchange: Exchange;
  readonly endpoint: GraphqlEndpoint;
  readonly params: Params;
  readonly prepared: Prepared;
  readonly claims: Claims | undefined;
  /** The caller's token where `claims` came from it. */
  readonly token: string | undefined;
  /** The bytes of a POST. */
  readonly body: Buffer | undefined;
  readonly as: Negotiated;
  /** For every answer of ours. */
  readonly headers: RawHeaders;
}
