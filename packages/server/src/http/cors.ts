import type { IncomingMessage } from 'node:http';
import { LatchkeyError } from '../domain/errors.js';
import type { RawHeaders } from '../gateway/headers.js';

const none: RawHeaders = [];

/** A list of names of header fields, not for ever long. */
const fieldNames = /^(?=.{1,1000}$)[\w.-]+(?:, *[\w.-]+)*$/;

/** Seconds that a browser may remember what a preflight said. */
const preflightMaxAge = 600;

/**
 * What to say to a page of another origin: nothing for a page of our own or for a program, the grant for an
 * origin on the list. Throws ORIGIN_NOT_ALLOWED for the rest, also of requests that a browser would send
 * without asking first.
 */
export function corsHeaders(request: IncomingMessage, publicUrl: string, allowed: readonly string[]): RawHeaders {
  const { origin, host } = request.headers;
  if (origin === undefined || origin === publicUrl || isOwn(origin, host)) return none;
  if (!allowed.includes(origin)) {
    throw new LatchkeyError('ORIGIN_NOT_ALLOWED', {
      message: `Pages of ${printable(origin)} may not call this endpoint.`,
    });
  }
  return [
    'access-control-allow-origin',
    origin,
    'access-control-expose-headers',
    'WWW-Authenticate, Retry-After, X-Request-Id',
    'vary',
    'Origin',
  ];
}

/**
 * The answer to a preflight of an allowed origin. No credentials mode: a bearer token is no cookie. The page may send the
 * further fields that it asks about (`requested`), for the API behind us has fields of its own, and traces have some:
 * what must not be forged is not passed on from anybody.
 */
export function preflightHeaders(cors: RawHeaders, requested = ''): RawHeaders {
  return [
    ...cors,
    'access-control-allow-methods',
    'GET, POST',
    'access-control-allow-headers',
    'Authorization, Authorisation, Content-Type, Accept, X-Request-Id, GraphQL-Require-Preflight, Apollo-Require-Preflight',
    ...(fieldNames.test(requested) ? ['access-control-allow-headers', requested] : []),
    'access-control-max-age',
    String(preflightMaxAge),
  ];
}

function isOwn(origin: string, host: string | undefined): boolean {
  return origin === `http://${host}` || origin === `https://${host}`;
}

function printable(origin: string): string {
  return origin.replace(/[^\x21-\x7E]/g, '').slice(0, 100);
}
