import { Pool } from 'undici';
import { LatchkeyError } from '../domain/errors.js';
import type { RawHeaders } from './headers.js';

export interface UpstreamSettings {
  readonly url: string;
  /** Milliseconds that the upstream may take until its answer begins, and between two pieces of it. */
  readonly timeout: number;
  /** Fields of its answers that callers never see; none if not given. */
  readonly hidden?: ReadonlySet<string>;
  /** Header fields that introspection is sent with; none if not given. */
  readonly introspectionHeaders?: RawHeaders;
}

/** A connection pool to the API behind us. */
export interface Upstream {
  /** For the log: the whole URL may hold a key. */
  readonly origin: string;
  /** Where in the upstream's origin the endpoint is. */
  readonly path: string;
  readonly pool: Pool;
  readonly hidden: ReadonlySet<string> | undefined;
  readonly introspectionHeaders: RawHeaders;
}

/** Enough for the throughput of one process; more connections only make the upstream queue. */
const connections = 128;

export function createUpstream({ url, timeout, hidden, introspectionHeaders = [] }: UpstreamSettings): Upstream {
  const { origin, pathname, search } = new URL(url);
  const pool = new Pool(origin, {
    connections,
    headersTimeout: timeout,
    bodyTimeout: timeout,
    connectTimeout: timeout,
    // Operations are POSTs, which may not be repeated: no second one on a connection before the first is answered.
    pipelining: 1,
  });
  return { origin, path: pathname + search, pool, hidden, introspectionHeaders };
}

const timeouts = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT']);

/** What a failure of the connection means to the caller; the cause is for the log. */
export function toUpstreamError(cause: unknown): LatchkeyError {
  if (cause instanceof LatchkeyError) return cause;
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  return new LatchkeyError(timeouts.has(code) ? 'UPSTREAM_TIMEOUT' : 'UPSTREAM_UNAVAILABLE', { cause });
}
