import type { IncomingMessage } from 'node:http';
import type { Callers } from '../domain/callers/callers.js';
import type { Domain } from '../domain/domain.js';
import type { Claims } from '../domain/tokens/access-tokens.js';
import type { Door } from '../gateway/door.js';
import type { RawHeaders } from '../gateway/headers.js';
import type { UpstreamIdentity } from '../gateway/identity/identity.js';
import type { Filter } from '../gateway/policy/filter.js';
import type { Subscriber } from '../gateway/subscribe/line.js';
import type { Upstream } from '../gateway/upstream.js';
import type { Documents } from '../graphql/documents.js';
import type { Negotiated } from '../graphql/media-type.js';
import type { Params } from '../graphql/params.js';
import type { Prepared, Preparer } from '../graphql/prepare.js';
import type { SchemaViews } from '../graphql/schema-views.js';
import type { Attempt, Exchange } from './exchange.js';
import type { Page } from './ide.js';
import type { Live } from './subscriptions/live.js';
import type { Upload, UploadSettings } from './upload/read-upload.js';

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
  /** Undefined where the upstream takes no subscriptions. */
  readonly subscriber: Subscriber | undefined;
  /** The connections that stay open. */
  readonly live: Live;
  readonly ide: Page;
  readonly publicUrl: string;
  readonly corsOrigins: readonly string[];
  readonly bodyLimit: number;
  /** Milliseconds until connection_init must have come. */
  readonly connectionInitTimeout: number;
  /** Bytes that may wait for a caller on an open connection. */
  readonly subscriptionBuffer: number;
  /** Milliseconds between signs of life. */
  readonly subscriptionKeepAlive: number;
  readonly uploads: UploadSettings;
  sourceOf(request: IncomingMessage): string;
  /** Called once for each operation, when its answer is written or its caller gone. */
  finished(attempt: Attempt): void;
}

/** An operation that may be run, whatever has carried it here. */
export interface Operation {
  readonly exchange: Attempt;
  readonly endpoint: GraphqlEndpoint;
  readonly params: Params;
  readonly prepared: Prepared;
  /** Whether the door was open in the moment when it was prepared. If not, nobody has judged it, though it may be open now. */
  readonly isDoorOpen: boolean;
  readonly claims: Claims | undefined;
  /** The caller's token where `claims` came from it. */
  readonly token: string | undefined;
  /** What of the upstream's part the caller may not have; undefined where that is nothing. */
  readonly filter: Filter | undefined;
}

/** A request that has been read and may be answered. */
export interface Call extends Operation {
  readonly exchange: Exchange;
  /** The bytes of a POST. */
  readonly body: Buffer | undefined;
  /** What came instead of them where the POST carries files. */
  readonly upload: Upload | undefined;
  readonly as: Negotiated;
  /** For every answer of ours. */
  readonly headers: RawHeaders;
}
