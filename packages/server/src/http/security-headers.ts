import type { RawHeaders } from '../gateway/headers.js';

/** A year, and the time after which a browser asks again (RFC 6797 §6.1). */
const hsts = 'max-age=31536000; includeSubDomains';

/** What every answer carries. HSTS only where the public URL says that TLS is on. */
export function securityHeaders(publicUrl: string): RawHeaders {
  const headers = ['x-content-type-options', 'nosniff'];
  return publicUrl.startsWith('https:') ? [...headers, 'strict-transport-security', hsts] : headers;
}

/**
 * What every page carries. The editor writes style elements as it goes, so styles may be inline; scripts may not.
 */
export function pageHeaders(): RawHeaders {
  return [
    'content-security-policy',
    [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data:",
      "font-src 'self'",
      "connect-src 'self'",
      "worker-src 'self'",
      "base-uri 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
    ].join('; '),
    'referrer-policy',
    'no-referrer',
    'cross-origin-opener-policy',
    'same-origin',
  ];
}
