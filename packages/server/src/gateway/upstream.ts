import { LatchkeyError } from '../domain/errors.js';
import type { Log } from '../lib/log.js';
import { type Breaker, type BreakerSettings, createBreaker } from './breaker.js';
import type { RawHeaders } from './headers.js';
import { createPool, type Pool } from './http1/pool.js';
import { request } from './http1/request.js';

export interface UpstreamSettings {
  readonly url: string;
  /** Milliseconds that the upstream may take until its answer begins, and between two pieces of it. */
  readonly timeout: number;
  readonly breaker: BreakerSettings;
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
  readonly timeout: number;
  readonly pool: Pool;
  readonly breaker: Breaker;
  readonly hidden: ReadonlySet<string> | undefined;
  readonly introspectionHeaders: RawHeaders;
  /** Cuts what is under way and closes everything. */
  destroy(): void;
}

/** Enough for the throughput of one process; more connections only make the upstream queue. */
const connections = 128;

export function createUpstream(settings: UpstreamSettings, log: Pick<Log, 'info' | 'warn'>): Upstream {
  const { url, timeout, hidden, introspectionHeaders = [] } = settings;
  const address = new URL(url);
  const { origin, pathname, search } = address;
  const path = pathname + search;
  const pool = createPool(address, { connections, timeout });
  const probe = () => isAnswering(address, path, introspectionHeaders, Math.min(timeout, longestProbe));
  const breaker = createBreaker(settings.breaker, probe, log);
  const destroy = () => {
    breaker.stop();
    pool.destroy();
  };
  return { origin, path, timeout, pool, breaker, hidden, introspectionHeaders, destroy };
}

/** Milliseconds: a question that costs nothing is answered in far less. */
const longestProbe = 5_000;

/**
 * Whether the upstream answers at all. On a connection of its own, so that it does not queue behind what is slow;
 * without a caller's credentials, since a refusal is an answer too.
 */
async function isAnswering(address: URL, path: string, own: RawHeaders, timeout: number): Promise<boolean> {
  const pool = createPool(address, { connections: 1, timeout });
  const headers = [...own, 'content-type', 'application/json', 'accept', 'application/json'];
  const question = { path, headers, body: '{"query":"{__typename}"}', mayRepeat: false };
  try {
    await request(pool, question, new AbortController().signal);
    return true;
  } catch {
    return false;
  } finally {
    pool.destroy();
  }
}

const timeouts = new Set(['ETIMEDOUT', 'ERR_UPSTREAM_TIMEOUT']);

/** The connection is there, and what comes over it is not HTTP, or not what a caller may be given. */
const garbage = /^ERR_(INVALID|HTTP)_/;

/** What a failure of the connection means to the caller; the cause is for the log. */
export function toUpstreamError(cause: unknown): LatchkeyError {
  if (cause instanceof LatchkeyError) return cause;
  const code = codeOf(cause);
  if (timeouts.has(code)) return new LatchkeyError('UPSTREAM_TIMEOUT', { cause });
  return new LatchkeyError(garbage.test(code) ? 'UPSTREAM_INVALID' : 'UPSTREAM_UNAVAILABLE', { cause });
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : '';
}
