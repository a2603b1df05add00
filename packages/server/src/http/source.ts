import type { IncomingMessage } from 'node:http';
import proxyAddr from '@fastify/proxy-addr';

/**
 * The address that a request came from: the socket's, unless that is a trusted proxy; then the nearest address
 * in X-Forwarded-For that is not one. What a caller writes there itself is never believed.
 */
export function createSourceOf(trustedProxies: readonly string[]): (request: IncomingMessage) => string {
  if (trustedProxies.length === 0) return ({ socket }) => plain(socket.remoteAddress);
  const trust = proxyAddr.compile([...trustedProxies]);
  return (request) => plain(request.socket.remoteAddress && proxyAddr(request, trust));
}

/** An IPv4 address in its own form; the address is undefined after the caller has gone. */
function plain(address: string | undefined): string {
  if (address === undefined) return 'unknown';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}
